//! Exact arithmetic and twins. Drivers may round divisions and functions as they like, so the CPU could
//! not give the same bits.

use super::*;
use naga::{BinaryOperator, MathFunction, ScalarKind};

pub fn shader_files() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut files: Vec<_> = (std::fs::read_dir(&dir).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wgsl")
        })
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no shaders in {}", dir.display());
    files
}

/// The text without its comments.
fn code(text: &str) -> String {
    assert!(!text.contains("/*"), "comments of lines only");
    let bare = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(|line| bare(line) + "\n").collect()
}

/// Names that stand before an opening bracket: what is called, and more.
fn called(code: &str) -> impl Iterator<Item = &str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.split('(')
        .map(move |before| before.trim_end())
        .map(move |before| &before[before.trim_end_matches(word).len()..])
}

#[test]
fn no_shader_divides_or_leaves_a_function_to_the_driver() {
    const INEXACT: [&str; 16] = [
        "exp",
        "exp2",
        "log",
        "log2",
        "pow",
        "sqrt",
        "inverseSqrt",
        "sin",
        "cos",
        "tan",
        "fma",
        "mix",
        "smoothstep",
        "length",
        "normalize",
        "distance",
    ];
    let mut found = Vec::new();
    for (path, text) in shader_files() {
        let code = code(&text);
        for (line, text) in code
            .lines()
            .enumerate()
            .filter(|(_, text)| text.contains('/'))
        {
            found.push(format!("{}:{}: {}", path.display(), line + 1, text.trim()));
        }
        for name in called(&code).filter(|name| INEXACT.contains(name)) {
            found.push(format!("{}: {name}", path.display()));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

// The same as the compiler sees it, for functions that no list thought of. `%` is exact on integers, of
// which the rings need it; on floats it is a division.
#[test]
fn the_arithmetic_of_every_kernel_is_exact() {
    use MathFunction::{Abs, CountLeadingZeros, CountTrailingZeros, Min};
    for shader in shaders() {
        for (function, info) in shader.functions() {
            for (at, expression) in function.expressions.iter() {
                let ty = info[at].ty.inner_with(&shader.module.types);
                let exact = match expression {
                    Expression::Math { fun, .. } => {
                        [Abs, Min, CountLeadingZeros, CountTrailingZeros].contains(fun)
                    }
                    Expression::Binary { op, .. } => match op {
                        BinaryOperator::Divide => false,
                        BinaryOperator::Modulo => ty.scalar_kind() == Some(ScalarKind::Uint),
                        _ => true,
                    },
                    _ => true,
                };
                let function = function.name.as_deref();
                assert!(exact, "{}: {function:?}: {expression:?}", shader.name);
            }
        }
    }
}

/// The files that the comment at the head of a shader calls its twins.
pub fn twins(text: &str) -> Vec<String> {
    let comment = text.lines().map_while(|line| line.strip_prefix("//"));
    let header = comment.collect::<Vec<_>>().join(" ");
    let Some((_, twins)) = header.split_once("Twin of ") else {
        return Vec::new();
    };
    twins
        .split_whitespace()
        .take_while(|word| word.starts_with("src/") || *word == "and")
        .filter(|word| *word != "and")
        .map(|path| path.trim_end_matches(['.', ';', ',']).to_owned())
        .collect()
}

#[test]
fn every_shader_names_its_twin_in_rust() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for (path, text) in shader_files() {
        let twins = twins(&text);
        if twins.is_empty() || !twins.iter().all(|twin| root.join(twin).is_file()) {
            wrong.push((path, twins));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
