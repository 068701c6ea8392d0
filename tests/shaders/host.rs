//! Twins: every struct and constant of a shader is one of the Rust files that the shader's first comment names.

use super::text::{shader_files, twins};
use super::*;
use naga::{Scalar, TypeInner};
use spikeprune::backend::gpu::layout;
use spikeprune::model::poisson::RateTable;
use spikeprune::model::rng::Stream;
use spikeprune::model::rule::{LONGEST_MEMORY, Program};
use spikeprune::model::state::{Inputs, Neurons, Value};
use spikeprune::presets;
use std::mem::offset_of;
use syn::{Expr, Item, Lit, Type};

/// Neurons of the kernels that are looked at.
const N: usize = 100;
const SIZE: Size = Size {
    inputs: 784,
    neurons: N,
    delay_rows: N,
};
const WITHOUT_DELAYS: Size = Size {
    delay_rows: 1,
    ..SIZE
};

/// A struct as host or kernel sees it: its size, then name, offset and type of each field.
type Fields = (usize, Vec<(String, usize, String)>);

/// A shader file, a kernel that it is a part of, and what its twins declare.
struct Twins {
    name: String,
    text: String,
    kernel: Shader,
    items: Vec<Item>,
}

fn all_twins(size: Size) -> Vec<Twins> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parsed = |twin: String| {
        let text = std::fs::read_to_string(root.join(&twin)).unwrap();
        let file = syn::parse_file(&text);
        file.unwrap_or_else(|error| panic!("{twin}: {error}")).items
    };
    let of_file = |(path, text): (PathBuf, String)| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Twins {
            kernel: match name.as_str() {
                "self_test.wgsl" => Shader::new(name.clone(), &text),
                _ => Shader::kernels(size, 128),
            },
            items: twins(&text).into_iter().flat_map(parsed).collect(),
            name,
            text,
        }
    };
    shader_files().into_iter().map(of_file).collect()
}

impl Twins {
    /// Names that the shader declares by a keyword, outside of functions.
    fn declared(&self, keyword: &str) -> Vec<&str> {
        let lines = self.text.lines();
        let declared = lines.filter_map(|line| line.strip_prefix(keyword)?.strip_prefix(' '));
        declared
            .map(|rest| rest.split([':', ' ']).next().unwrap())
            .collect()
    }

    fn kernel_struct(&self, name: &str) -> Fields {
        let types = &self.kernel.module.types;
        let (_, ty) = (types.iter())
            .find(|(_, ty)| ty.name.as_deref() == Some(name))
            .unwrap_or_else(|| panic!("{}: no struct {name}", self.kernel.name));
        let TypeInner::Struct { members, span } = &ty.inner else {
            panic!("{name} is no struct");
        };
        let fields = members.iter().map(|member| {
            let name = member.name.clone().unwrap();
            (name, member.offset as usize, kernel_type(types, member.ty))
        });
        (*span as usize, fields.collect())
    }

    /// The value of a constant that a twin writes as a number.
    fn host_constant(&self, name: &str) -> Option<Literal> {
        let mut found = self.items.iter().filter_map(|item| match item {
            Item::Const(found) if found.ident == name => Some(&*found.expr),
            _ => None,
        });
        let Expr::Lit(value) = found.next()? else {
            return None;
        };
        match &value.lit {
            Lit::Int(value) => Some(Literal::U32(value.base10_parse().unwrap())),
            Lit::Float(value) => Some(Literal::F32(value.base10_parse().unwrap())),
            _ => None,
        }
    }
}

fn kernel_type(types: &naga::UniqueArena<naga::Type>, ty: naga::Handle<naga::Type>) -> String {
    match types[ty].inner {
        TypeInner::Scalar(Scalar::F32) => "f32".into(),
        TypeInner::Scalar(Scalar::U32) => "u32".into(),
        TypeInner::Struct { .. } => types[ty].name.clone().unwrap(),
        TypeInner::Array { base, size, .. } => {
            let naga::ArraySize::Constant(length) = size else {
                panic!("{size:?} in a struct");
            };
            format!("{} {length}", kernel_type(types, base))
        }
        ref other => panic!("{other:?} in a struct"),
    }
}

/// A type of Rust and its size; structs are looked up among those of all twins.
fn host_type(all: &[Twins], ty: &Type) -> (String, usize) {
    match ty {
        Type::Path(path) => {
            let name = path.path.segments.last().unwrap().ident.to_string();
            let size = match name.as_str() {
                "f32" | "u32" => 4,
                _ => host_struct(all.iter().flat_map(|twins| &twins.items), all, &name).0,
            };
            (name, size)
        }
        Type::Array(array) => {
            let Expr::Lit(syn::ExprLit {
                lit: Lit::Int(length),
                ..
            }) = &array.len
            else {
                panic!("an array whose length is no number");
            };
            let ((ty, size), length) =
                (host_type(all, &array.elem), length.base10_parse::<usize>());
            let length = length.unwrap();
            (format!("{ty} {length}"), size * length)
        }
        _ => panic!("a type that no kernel has"),
    }
}

/// A struct among items of Rust. `repr(C)` and `Pod` vouch that its fields follow one another without a gap.
fn host_struct<'a>(items: impl IntoIterator<Item = &'a Item>, all: &[Twins], name: &str) -> Fields {
    let find = |item: &'a Item| match item {
        Item::Struct(found) if found.ident == name => Some(found),
        _ => None,
    };
    let found =
        (items.into_iter().find_map(find)).unwrap_or_else(|| panic!("no twin has a struct {name}"));
    let has = |list: &str, word: &str| {
        let mut lists = (found.attrs.iter()).filter(|attribute| attribute.path().is_ident(list));
        lists.any(|attribute| {
            let words = attribute.meta.require_list().unwrap().tokens.to_string();
            words.split([' ', ',']).any(|found| found == word)
        })
    };
    assert!(
        has("repr", "C") && has("derive", "Pod"),
        "{name} is no plain data"
    );
    let mut size = 0;
    let fields = found.fields.iter().map(|field| {
        let (ty, bytes) = host_type(all, &field.ty);
        size += bytes;
        (field.ident.as_ref().unwrap().to_string(), size - bytes, ty)
    });
    let fields = fields.collect();
    (size, fields)
}

#[test]
fn every_struct_of_a_shader_has_the_fields_of_its_twin() {
    let all = all_twins(SIZE);
    for twins in &all {
        for name in twins.declared("struct") {
            let host = host_struct(&twins.items, &all, name);
            assert_eq!(twins.kernel_struct(name), host, "{}: {name}", twins.name);
        }
    }
}

/// The place of a variable, of which a shader names the constant.
fn place(constant: &str) -> Option<Literal> {
    let (neurons, inputs) = (Neurons::PLACES.list(), Inputs::PLACES.list());
    let mut all = neurons.into_iter().chain(inputs);
    let (_, place) = all.find(|(name, _)| name.to_uppercase() == constant)?;
    let (Value::F32(place) | Value::U32(place)) = place;
    Some(Literal::U32(*place as u32))
}

#[test]
fn every_constant_of_a_shader_has_the_value_of_its_twin() {
    [SIZE, WITHOUT_DELAYS]
        .into_iter()
        .for_each(assert_constants);
}

fn assert_constants(size: Size) {
    // Those that Rust computes, has in another file or needs not at all.
    let rates = RateTable::new(&presets::paper(), 0);
    let elsewhere = [
        ("INPUTS", size.inputs),
        ("TABLE", rates.log2_words().len()),
        ("SILENT", layout::SILENT as usize),
        ("NO_LANE", layout::NO_LANE as usize),
        ("DROPOUT", Stream::Dropout as usize),
        ("DELAY_WORDS", (N + size.delay_rows * N).div_ceil(2)),
        ("FIXED_STRIDE", layout::fixed_stride(size)),
        ("LONGEST_MEMORY", LONGEST_MEMORY as usize),
        ("PROGRAM_FACTOR", offset_of!(Program, factor) / 4),
        ("PROGRAM_FACTOR_PRE", offset_of!(Program, factor_pre) / 4),
        ("PROGRAM_STATE_1", offset_of!(Program, state_1) / 4),
        ("PROGRAM_STATE_2", offset_of!(Program, state_2) / 4),
        (
            "PROGRAM_KNOWS_OTHERS",
            offset_of!(Program, knows_others) / 4,
        ),
        (
            "PROGRAM_NUMBER_COUNT",
            offset_of!(Program, number_count) / 4,
        ),
        (
            "PROGRAM_OPERATION_COUNT",
            offset_of!(Program, operation_count) / 4,
        ),
        ("PROGRAM_NUMBERS", offset_of!(Program, numbers) / 4),
        ("PROGRAM_OPERATIONS", offset_of!(Program, operations) / 4),
        ("PROGRAM_WORDS", layout::PROGRAM_WORDS),
        ("UNDER_WAY_S2", layout::UNDER_WAY_S2),
        ("UNDER_WAY_S3", layout::UNDER_WAY_S3),
        ("SPIKES", layout::SPIKES),
        ("FIELDS", layout::FIELDS),
        ("INPUT_FIELDS", Inputs::COUNT),
        ("DECAY", Inputs::COUNT),
        ("INPUT_WORDS", (Inputs::COUNT + 1) * size.inputs),
        ("STRIDE", layout::state_stride(size)),
        ("WORDS", N.div_ceil(32)),
        ("DIVERGED", layout::DIVERGED as usize),
        ("OVERFLOW", layout::OVERFLOW as usize),
    ];
    for twins in all_twins(size) {
        for name in twins.declared("const") {
            let listed = elsewhere.iter().find(|(listed, _)| *listed == name);
            let host = match listed {
                Some((_, value)) => Some(Literal::U32(*value as u32)),
                None => place(name).or_else(|| twins.host_constant(name)),
            };
            let kernel = twins.kernel.constant(name);
            assert_eq!(Some(kernel), host, "{}: {name}", twins.name);
        }
    }
}
