use super::*;
use crate::engine::ClusterConfig;

fn value(source: &str) -> Result<Value, String> {
    let world = World::new(ClusterConfig::default());
    Expression::parse(source).expect("an expression").evaluate(&world, &Moments::default()).value
}

#[test]
fn facts_of_a_fresh_cluster() {
    assert_eq!(value("pods('').count"), Ok(0.into()));
    assert_eq!(value("service('kubernetes').cluster_ip == '10.96.0.1'"), Ok(true.into()));
    assert_eq!(value("object('Namespace', 'default').metadata.name"), Ok("default".into()));
    assert_eq!(value("nodes().all(n, n.ready == 'True') && unscheduled + orphans == 0"), Ok(true.into()));
}

#[test]
fn what_is_missing_is_named_and_false() {
    let missing = value("deployment('web').ready == 3").unwrap_err();
    assert!(missing.contains("deployment \"web\""), "{missing}");
    assert!(value("traffic('nope').ok == 0").unwrap_err().contains("service \"nope\" does not exist"));
    // CEL decides without the missing half where it can.
    assert_eq!(value("deployment('web').ready == 3 || true"), Ok(true.into()));
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    for (source, part) in [
        ("podz('x').count", "did you mean `pods`"),
        ("quite", "did you mean `quiet`"),
        ("pods(3)", "in quotes"),
        ("pods('a b')", "not a label condition"),
        ("1 +", "cannot understand"),
        ("min('1 +') > 0", "cannot understand"),
        ("1 +", "it ends too early"),
        ("1 ) 2", "')' does not belong here"),
        ("", "an expression is expected here"),
        ("job('x').ready", "this cluster has no kind Job"),
    ] {
        let error = Expression::parse(source).expect_err(source);
        assert!(error.message.contains(part), "{source}: {error}");
    }
}

#[test]
fn a_missing_condition_is_null_however_it_is_written() {
    let world = World::new(ClusterConfig::default());
    let parse = |source: &str| Expression::parse(source).expect("an expression");
    let one =
        parse("deployment('web').conditions.Nope == null || deployment('web').conditions['Nope'] == null");
    // Both are the same operand with the same field.
    assert_eq!(one.evaluate(&world, &Moments::default()).operands.len(), 1);
    assert_eq!(one.calls().collect::<Vec<_>>(), ["deployment('web')"]);
    assert_eq!(value("object('Namespace', 'default')['metadata']['name']"), Ok("default".into()));
    assert_eq!(
        value("object('Namespace', 'default').metadata['nope'] == 1"),
        Err("there is no `nope` in it".into())
    );
}

#[test]
fn what_does_not_hold_says_why() {
    let world = World::new(ClusterConfig::default());
    let why = |source: &str| {
        Expression::parse(source).expect("an expression").evaluate(&world, &Moments::default()).why_not()
    };
    assert_eq!(why("pods('').count == 1"), "pods('').count = 0");
    assert_eq!(why("pods('').count"), "it is 0, which is neither true nor false");
    assert_eq!(why("'x'"), "it is \"x\", which is neither true nor false");
    assert_eq!(why("false"), "it asks nothing of the cluster and is always false");
    assert_eq!(why("[1, 2][7] == 1"), "the list has no item 7");
    assert_eq!(why("1.5 + 1 == 2"), "`add` does not fit 1.5 and 1");
    assert_eq!(why("1 / 0 == 1"), "it divides by zero");
}

#[test]
fn a_mistake_has_its_column() {
    for (source, column) in [
        ("podz('x').count", 1),
        ("t > podz('x').count", 5),
        ("quite", 1),
        ("t > 1 && undefined", 10),
        ("t > pods(3)", 10),
        ("pods('a b').count", 1),
        ("t > 1 )", 7),
    ] {
        assert_eq!(Expression::parse(source).expect_err(source).column, column, "{source}");
    }
}

#[test]
fn history_remembers_extremes_and_first_times() {
    let world = World::new(ClusterConfig::default());
    let expression = Expression::parse("min(\"pods('').count\") == 0 && when('quiet') == 0").unwrap();
    let mut moments = Moments::default();
    moments.observe(expression.inner(), &world);
    assert!(expression.evaluate(&world, &moments).holds());
}
