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
    ] {
        let error = Expression::parse(source).expect_err(source);
        assert!(error.message.contains(part), "{source}: {error}");
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
