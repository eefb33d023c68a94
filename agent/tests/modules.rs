//! The modules of the program and what they use of each other, read from the sources: no file depends on itself by way of
//! others. A re-export counts for where it leads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy.toml allows them in test functions, and here all is test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The names that lead to a module or to what is in it, from the root of the crate on.
type Names = Vec<String>;

/// A source file without comments, literals and tests.
struct Module {
    tokens: Vec<String>,
    /// What its `use` declarations bring in, by the name that they give it.
    imports: BTreeMap<String, Names>,
}

struct Program(BTreeMap<Names, Module>);

#[test]
fn no_file_depends_on_itself() {
    let graph = Program::read().graph();
    assert!(graph.len() > 100, "only {} files were found", graph.len());
    let is_in_circle = |file: &&String| reachable(&graph, file).contains(*file);
    let circles = graph.iter().filter(|(file, _)| is_in_circle(file));
    let lines = circles.map(|(file, others)| {
        let others: Vec<_> = others.iter().filter(is_in_circle).map(String::as_str).collect();
        format!("{file} depends on {}\n", others.join(", "))
    });
    assert_eq!(lines.collect::<String>(), "");
}

#[test]
fn what_every_check_needs_depends_on_nothing_of_ours() {
    for (file, others) in Program::read().graph().iter().filter(|(file, _)| is_within(file, "check")) {
        let outside: Vec<_> = others.iter().filter(|other| !is_within(other, "check")).collect();
        assert_eq!(outside, Vec::<&String>::new(), "{file} depends on");
    }
}

#[test]
fn only_the_registry_knows_which_checks_there_are() {
    let graph = Program::read().graph();
    let knowing = graph.iter().filter(|(file, others)| {
        !is_within(file, "checks") && others.iter().any(|other| is_within(other, "checks"))
    });
    assert_eq!(knowing.map(|(file, _)| file.as_str()).collect::<Vec<_>>(), ["registry"]);
}

#[test]
fn circles_are_found() {
    let program = |sources: &[(&str, &str)]| {
        let modules = sources.iter().map(|(path, text)| {
            (
                path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
                Module::parse(text),
            )
        });
        Program(modules.collect()).graph()
    };
    let graph = program(&[
        ("", "mod a; mod b; mod c; fn main() { a::x() }"),
        ("a", "pub use b::Y; mod b; pub fn x() { crate::c::y(\"crate::b\") } // crate::b"),
        ("a::b", "use super::super::c::{self, z as w}; pub struct Y;"),
        ("b", "use crate::a::Y; #[cfg(test)] mod tests { use crate::c::z; }"),
        ("c", "use crate::{a::Y, b}; fn z<'a>(it: &'a Y) -> char { 'x' }"),
    ]);
    let expected = [("", "a"), ("a", "a::b c"), ("a::b", "c"), ("b", "a::b"), ("c", "a::b b")];
    for (file, others) in expected {
        assert_eq!(graph[file].iter().cloned().collect::<Vec<_>>().join(" "), others, "{file}");
    }
    let circle = |file: &str| reachable(&graph, file).contains(file);
    assert_eq!(["", "a", "a::b", "b", "c"].map(circle), [false, false, true, true, true]);
}

fn is_within(file: &str, folder: &str) -> bool {
    file.split("::").next() == Some(folder)
}

/// Every file that this one depends on, whether directly or by way of others.
fn reachable(graph: &BTreeMap<String, BTreeSet<String>>, file: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![file.to_owned()];
    while let Some(file) = open.pop() {
        open.extend(graph[&file].iter().filter(|other| found.insert((*other).clone())).cloned());
    }
    found
}

impl Program {
    /// The files under `src` that are in the program: a file that only tests declare is not.
    fn read() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut modules = BTreeMap::new();
        let mut open = vec![(vec![], source.join("main.rs"))];
        while let Some((names, file)) = open.pop() {
            let module = Module::parse(&fs::read_to_string(&file).unwrap());
            let folder = if names.is_empty() { source.clone() } else { file.with_extension("") };
            for child in module.children() {
                let path = folder.join(format!("{child}.rs"));
                if path.exists() {
                    open.push(([names.clone(), vec![child.to_owned()]].concat(), path));
                }
            }
            modules.insert(names, module);
        }
        Self(modules)
    }

    /// The files that each file depends on.
    fn graph(&self) -> BTreeMap<String, BTreeSet<String>> {
        let depends = |(names, module): (&Names, &Module)| {
            let paths = module.imports.values().cloned().chain(module.paths());
            let files = paths.filter_map(|path| self.file(names, &path, 0)).filter(|file| file != names);
            (names.join("::"), files.map(|file| file.join("::")).collect())
        };
        self.0.iter().map(depends).collect()
    }

    /// The file in which a path ends that is written in this one; none for what is not of this crate.
    fn file(&self, from: &Names, path: &[String], depth: usize) -> Option<Names> {
        assert!(depth < 32, "{path:?} has no end");
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => vec![],
            "self" => from.clone(),
            "super" => {
                let mut parent = from[..from.len().checked_sub(1)?].to_vec();
                while let Some(("super", after)) =
                    rest.split_first().map(|(name, after)| (name.as_str(), after))
                {
                    parent.pop();
                    rest = after;
                }
                parent
            }
            name => {
                let child = [from.clone(), vec![name.to_owned()]].concat();
                if self.0.contains_key(&child) {
                    child
                } else {
                    let import = self.0[from].imports.get(name).filter(|import| import[0] != name)?;
                    return self.file(from, &[import, rest].concat(), depth + 1);
                }
            }
        };
        while let Some((name, after)) = rest.split_first() {
            let child = [at.clone(), vec![name.clone()]].concat();
            if self.0.contains_key(&child) {
                (at, rest) = (child, after);
            } else if let Some(import) = self.0[&at].imports.get(name) {
                return self.file(&at, &[import, after].concat(), depth + 1);
            } else {
                break;
            }
        }
        Some(at)
    }
}

impl Module {
    fn parse(text: &str) -> Self {
        let tokens = without_tests(tokens(text));
        let mut imports = BTreeMap::new();
        for (at, _) in tokens.iter().enumerate().filter(|(_, token)| *token == "use") {
            import(&mut tokens[at + 1..].iter().map(String::as_str).peekable(), &[], &mut imports);
        }
        Self { tokens, imports }
    }

    /// The modules that it declares.
    fn children(&self) -> impl Iterator<Item = &str> {
        self.tokens.windows(3).filter(|it| it[0] == "mod" && it[2] == ";").map(|it| it[1].as_str())
    }

    /// Every path of two names or more that is no `use` declaration.
    fn paths(&self) -> Vec<Names> {
        let mut paths = Vec::new();
        let mut path: Names = Vec::new();
        let (mut joined, mut in_use) = (false, false);
        for token in &self.tokens {
            in_use = token == "use" || in_use && token != ";";
            if in_use {
                continue;
            }
            if token == "::" {
                joined = true;
            } else if is_name(token) && (joined || path.is_empty()) {
                path.push(token.clone());
                joined = false;
            } else {
                paths.push(std::mem::take(&mut path));
                path.extend(is_name(token).then(|| token.clone()));
                joined = false;
            }
        }
        paths.retain(|path| path.len() > 1);
        paths
    }
}

/// Reads one tree of a `use` declaration.
fn import<'a>(
    tokens: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
    before: &[String],
    imports: &mut BTreeMap<String, Names>,
) {
    let mut path = before.to_vec();
    while let Some(token) = tokens.next() {
        match token {
            "::" => {}
            "{" => {
                while tokens.peek().is_some_and(|next| *next != "}") {
                    import(&mut *tokens as &mut std::iter::Peekable<_>, &path, imports);
                    tokens.next_if_eq(&",");
                }
                tokens.next();
                return;
            }
            "as" => {
                let name = tokens.next().unwrap_or_default().to_owned();
                imports.insert(name, path);
                return;
            }
            // What ends it is left to the tree around it.
            name => path.push(name.to_owned()),
        }
        if matches!(tokens.peek(), None | Some(&("," | "}" | ";"))) {
            break;
        }
    }
    if path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    if let Some(name) = path.last().cloned() {
        imports.insert(name, path);
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Names, `::` and single signs; comments and literals are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_part = |it: char| it.is_alphanumeric() || it == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = raw_string(rest) {
            raw
        } else if first == '"' || rest.starts_with("b\"") {
            let begin = rest.find('"').unwrap_or_default() + 1;
            begin + quoted(&rest[begin..], '"')
        } else if first == '\'' {
            // A lifetime has no second quotation mark.
            let name = rest[1..].chars().take_while(|&it| is_part(it)).map(char::len_utf8).sum::<usize>();
            let is_character = rest[1..].starts_with('\\') || name == 0 || rest[1 + name..].starts_with('\'');
            1 + if is_character { quoted(&rest[1..], '\'') } else { name }
        } else if is_part(first) {
            let length = rest.find(|it| !is_part(it)).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else {
            let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
            tokens.extend((!first.is_whitespace()).then(|| rest[..length].to_owned()));
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a raw string that stands here.
fn raw_string(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    let begin = inner[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - begin.len() + begin.find(&end)? + end.len())
}

/// The length up to and with the closing quotation mark.
fn quoted(text: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == mark && !escaped {
            return at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    text.len()
}

/// Leaves out every item behind `#[cfg(test)]`: up to its semicolon, or over its braces.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !MARK.iter().enumerate().all(|(offset, mark)| tokens.get(at + offset).is_some_and(|it| it == mark))
        {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let mut depth = 0_usize;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => continue,
            }
            if depth == 0 && token == "}" {
                break;
            }
        }
    }
    kept
}
