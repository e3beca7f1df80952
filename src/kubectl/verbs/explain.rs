//! `kubectl explain`: what the fields of a kind mean.

use super::{Look, Verb};
use crate::kubectl::kinds;
use crate::kubectl::output::{Fault, Stream};
use crate::kubectl::running::{Context, Step};
use crate::object::schema::{self, Shape, Type};
use crate::object::{Kind, KindInfo};

/// Columns of a description.
const WIDTH: usize = 80;
const INDENT: &str = "    ";

/// Get documentation for a resource
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  explain pods
  explain deployment.spec.strategy
  explain pods.spec.tolerations --recursive")]
pub struct Explain {
    /// TYPE[.FIELD...]
    #[arg(value_name = "TYPE.FIELD")]
    path: Option<String>,
    /// When true, print the name of all the fields recursively
    #[arg(long)]
    recursive: bool,
}

impl Verb for Explain {
    fn run(self: Box<Self>, cx: &mut Context<'_>) -> Result<Step, Fault> {
        let path = self.path.as_deref().ok_or_else(|| {
            Fault::said(
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list \
                 of supported resources.",
            )
        })?;
        let mut names = path.split('.').filter(|name| !name.is_empty());
        let kind = kinds::one(names.next().unwrap_or(""))?;
        cx.out.print(Stream::Out, &heading(kind));
        let mut found = Place { shape: schema::root(kind), field: None };
        for name in names {
            found =
                found.child(name).ok_or_else(|| Fault::said(format!("field \"{name}\" does not exist")))?;
        }
        let mut text = String::new();
        found.describe(self.recursive, &mut text);
        cx.out.print(Stream::Out, &text);
        Ok(Step::Done)
    }

    fn preview(&self, _look: &Look<'_>) -> String {
        match &self.path {
            Some(path) => format!("will say what {path} means"),
            None => "say what, such as deployment.spec.strategy".to_owned(),
        }
    }
}

fn heading(kind: Kind) -> String {
    let KindInfo { group, name, version, .. } = kind.info();
    let group = if group.is_empty() { String::new() } else { format!("GROUP:      {group}\n") };
    format!("{group}KIND:       {name}\nVERSION:    {version}\n\n")
}

/// A type, and the field that it stands in.
struct Place {
    shape: &'static Shape,
    field: Option<(String, &'static str)>,
}

impl Place {
    fn child(&self, name: &str) -> Option<Self> {
        let field = self.shape.item().object()?.fields.get(name)?;
        Some(Self { shape: &field.shape, field: Some((name.to_owned(), &field.about)) })
    }

    fn describe(&self, recursive: bool, text: &mut String) {
        let known = self.shape.item().object();
        let own = known.map_or("", |known| known.about.as_str());
        let about = match &self.field {
            Some((name, about)) => {
                text.push_str(&format!("FIELD: {name} <{}>\n\n", type_name(self.shape)));
                match own {
                    "" => (*about).to_owned(),
                    own => format!("{about}\n{own}"),
                }
            }
            None => own.to_owned(),
        };
        text.push_str(&format!("\nDESCRIPTION:\n{}{INDENT}\n", wrapped(&about, INDENT)));
        let Some(known) = known else { return };
        text.push_str("FIELDS:\n");
        fields(known, recursive, 1, &mut Vec::new(), text);
        text.push('\n');
    }
}

fn fields(
    of: &'static Type,
    recursive: bool,
    depth: usize,
    above: &mut Vec<&'static str>,
    text: &mut String,
) {
    let indent = "  ".repeat(depth);
    for (name, field) in &of.fields {
        let required = if field.required { " -required-" } else { "" };
        text.push_str(&format!("{indent}{name}\t<{}>{required}\n", type_name(&field.shape)));
        match (recursive, field.shape.item().object()) {
            // A type that holds itself is not opened again.
            (true, Some(inner)) if !above.contains(&inner.name.as_str()) => {
                above.push(&inner.name);
                fields(inner, true, depth + 1, above, text);
                above.pop();
            }
            (true, _) => {}
            (false, _) => {
                text.push_str(&wrapped(&field.about, &format!("{indent}  ")));
                text.push('\n');
            }
        }
    }
}

/// `[]Toleration`, `map[string]string`, `integer`.
fn type_name(shape: &Shape) -> String {
    match shape {
        Shape::Object(_) => {
            let name = shape.object().map_or("Object", |of| of.name.as_str());
            name.rsplit('.').next().unwrap_or(name).to_owned()
        }
        Shape::Map(values) => format!("map[string]{}", type_name(values)),
        Shape::List(items) => format!("[]{}", type_name(items)),
        Shape::Text | Shape::Bytes | Shape::Time => "string".to_owned(),
        Shape::Integer => "integer".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::IntOrText => "IntOrString".to_owned(),
        Shape::Quantity => "Quantity".to_owned(),
        Shape::Any => "Object".to_owned(),
    }
}

/// The text in lines of at most the width.
fn wrapped(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options).iter().map(|line| format!("{line}\n")).collect()
}
