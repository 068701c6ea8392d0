//! What can be known of the kernels without a GPU: that they are valid and translate for every backend,
//! that they stay within WebGPU's limits, that they agree with the host about what the two share, and that
//! their arithmetic is exact.

mod emulation;
#[path = "../support/formulas.rs"]
mod formulas;
mod host;
mod limits;
mod machine;
mod pipelines;
mod text;
mod translation;

use naga::valid::{Capabilities, FunctionInfo, ModuleInfo, ValidationFlags, Validator};
use naga::{Expression, Literal};
use spikeprune::backend::gpu::pipelines::{Size, source, workgroups};
use spikeprune::params::MAX_INPUTS;
use std::path::{Path, PathBuf};

/// One neuron; one of each class, and up; both sides of a word of spikes; the sizes of Diehl & Cook.
const NEURONS: [usize; 10] = [1, 10, 30, 31, 32, 33, 100, 400, 1600, 6400];

/// One input, a part of a word of intensities, and the most.
const INPUTS: [usize; 3] = [1, 35, MAX_INPUTS];

/// Every number of neurons with the pixels of MNIST, with delays and without, with as many inputs as workgroup memory has
/// room for, and with one more; every number of inputs with a hundred neurons.
fn sizes() -> Vec<Size> {
    let of_neurons = |neurons| {
        let size = |inputs| Size {
            inputs,
            neurons,
            delay_rows: neurons,
        };
        let most = (784..MAX_INPUTS).find(|&inputs| size(inputs + 1).shared_inputs() == 0);
        let most = most.expect("workgroup memory has an end");
        let without_delays = Size {
            delay_rows: 1,
            ..size(784)
        };
        let [with_pixels, with_most, with_more] = [784, most, most + 1].map(size);
        [with_pixels, without_delays, with_most, with_more]
    };
    let of_inputs = |inputs| Size {
        inputs,
        neurons: 100,
        delay_rows: 100,
    };
    let all = NEURONS.into_iter().flat_map(of_neurons);
    all.chain(INPUTS.map(of_inputs)).collect()
}

/// Valid source: that it can be made at all is half of every test here.
struct Shader {
    name: String,
    module: naga::Module,
    info: ModuleInfo,
}

impl Shader {
    fn new(name: String, source: &str) -> Self {
        let module = naga::front::wgsl::parse_str(source)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(source)));
        // No capability beyond WebGPU's: the crate requests no feature.
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(source)));
        Self { name, module, info }
    }

    fn kernels(size: Size, workgroup: u32) -> Self {
        let Size {
            inputs,
            neurons,
            delay_rows,
        } = size;
        let name = format!(
            "{inputs} inputs, {neurons} neurons, {delay_rows} rows of delays, {workgroup} threads"
        );
        Self::new(name, &source(size, workgroup))
    }

    /// The value of a `const`, which naga has worked out.
    fn constant(&self, name: &str) -> Literal {
        let mut constants = self.module.constants.iter().map(|(_, constant)| constant);
        let constant = constants
            .find(|constant| constant.name.as_deref() == Some(name))
            .unwrap_or_else(|| panic!("{}: no constant {name}", self.name));
        match self.module.global_expressions[constant.init] {
            Expression::Literal(value) => value,
            ref other => panic!("{}: {name} is {other:?}", self.name),
        }
    }

    /// All function bodies, those of entry points too, with what is known of their expressions.
    fn functions(&self) -> impl Iterator<Item = (&naga::Function, &FunctionInfo)> {
        let Self { module, info, .. } = self;
        let named = module.functions.iter().map(|(at, body)| (body, &info[at]));
        let entries = module.entry_points.iter().enumerate();
        named.chain(entries.map(|(at, entry)| (&entry.function, info.get_entry_point(at))))
    }
}

/// Every kernel, for GPUs and for software, at every size; and the self-test.
fn shaders() -> Vec<Shader> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders/self_test.wgsl");
    let self_test = std::fs::read_to_string(file).unwrap();
    let threads = |size: &Size| {
        [true, false]
            .map(|software| workgroups(size.neurons, software))
            .concat()
    };
    let kernels = sizes()
        .into_iter()
        .flat_map(|size| threads(&size).into_iter().map(move |n| (size, n)))
        .map(|(size, workgroup)| Shader::kernels(size, workgroup));
    kernels
        .chain([Shader::new("self-test".to_owned(), &self_test)])
        .collect()
}
