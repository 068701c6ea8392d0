//! Checkpoints that are none, damaged, or hold what cannot occur.

use crate::program::{CHECKPOINT, Kept, SHARED, all_well, refused, spikeprune, succeed};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};

/// A good checkpoint taken apart, to be changed and put together again.
pub struct Edited {
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    metadata: HashMap<String, String>,
}

impl Edited {
    pub fn of(bytes: &[u8]) -> Self {
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
        let tensors = SafeTensors::deserialize(bytes).unwrap();
        let parts = tensors.iter().map(|(name, tensor)| {
            let (dtype, shape) = (tensor.dtype(), tensor.shape().to_vec());
            (name.to_string(), (dtype, shape, tensor.data().to_vec()))
        });
        Self {
            tensors: parts.collect(),
            metadata: header.metadata().clone().unwrap(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        safetensors::serialize(views, Some(self.metadata.clone())).unwrap()
    }

    pub fn kept(&self) -> Kept {
        Kept::new(&self.bytes())
    }

    /// Replaces a part of the parameters, which must be there.
    pub fn set_params(&mut self, from: &str, to: &str) {
        let params = self.metadata.get_mut("params").unwrap();
        assert!(params.contains(from), "{from} is not in {params}");
        *params = params.replace(from, to);
    }

    /// Replaces the bytes of the value at `index`.
    fn put<const SIZE: usize>(&mut self, tensor: &str, index: usize, value: [u8; SIZE]) {
        let (dtype, _, bytes) = self.tensors.get_mut(tensor).unwrap();
        assert_eq!(dtype.bitsize(), 8 * SIZE, "{tensor}");
        bytes[index * SIZE..][..SIZE].copy_from_slice(&value);
    }

    pub fn put_f32(&mut self, tensor: &str, index: usize, value: f32) {
        self.put(tensor, index, value.to_le_bytes());
    }

    /// Replaces all values and the shape.
    pub fn set_u16s(&mut self, tensor: &str, shape: &[usize], values: &[u16]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        let changed = (Dtype::U16, shape.to_vec(), bytes.collect());
        assert!(self.tensors.insert(tensor.into(), changed).is_some());
    }

    pub fn remove(&mut self, tensor: &str) {
        self.tensors.remove(tensor).unwrap();
    }

    fn set_shape(&mut self, tensor: &str, shape: &[usize]) {
        self.tensors.get_mut(tensor).unwrap().1 = shape.to_vec();
    }

    fn set_metadata(&mut self, key: &str, value: &str) {
        let before = self.metadata.insert(key.into(), value.into());
        assert!(before.is_some_and(|before| before != value), "{key}");
    }
}

/// Offers a file to both commands that read checkpoints; neither may leave anything.
fn refuse(bytes: &[u8], says: &str) -> Result<(), String> {
    let kept = Kept::new(bytes);
    for command in ["eval", "heatmap"] {
        for says in [says, kept.arg()] {
            refused(&mut spikeprune(&[command, kept.arg()]), 1, says)?;
        }
    }
    match std::fs::read_dir(kept.folder.path()).unwrap().count() {
        1 => Ok(()),
        left => Err(format!("{says:?}: {left} files are left")),
    }
}

#[test]
fn a_checkpoint_put_together_again_is_good() {
    // Or the refusals below would mean nothing.
    let kept = Edited::of(&SHARED.files[CHECKPOINT]).kept();
    let again = succeed(&mut spikeprune(&["eval", kept.arg(), "--json"]));
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["eval"]["spikes"], SHARED.summary()["eval"]["spikes"]);
}

#[test]
fn files_that_are_no_checkpoint_are_refused() {
    let good = &SHARED.files[CHECKPOINT];
    let foreign = "is not a checkpoint of this program";
    let header = |text: &[u8]| [&(text.len() as u64).to_le_bytes(), text].concat();
    let without_notes = SafeTensors::deserialize(good).unwrap();
    let without_notes = safetensors::serialize(without_notes.iter(), None).unwrap();
    let mut longest = good.clone();
    longest[..8].fill(0xff);
    all_well([
        refuse(b"", foreign),
        refuse(b"1234567", foreign),
        refuse(b"seven, four and six were learned here\n", foreign),
        refuse(&SHARED.files["heatmaps/sheet.png"], foreign),
        refuse(&good[..8], foreign),
        refuse(&good[..500], foreign),
        refuse(&good[..good.len() / 2], foreign),
        refuse(&good[..good.len() - 1], foreign),
        refuse(&[good, &b"\0"[..]].concat(), foreign),
        refuse(&longest, foreign),
        refuse(&header(b"{}"), "its metadata lacks \"format\""),
        refuse(&header(b"no json "), foreign),
        refuse(&header(&[b'['; 100_000]), foreign),
        refuse(&without_notes, "its metadata lacks \"format\""),
    ]);
}

#[test]
fn paths_that_lead_to_no_file_are_refused() {
    let kept = SHARED.checkpoint();
    let folder = kept.folder.path().to_str().unwrap();
    let missing = format!("{folder}/missing.safetensors");
    let below = format!("{}/below", kept.arg());
    all_well([missing.as_str(), folder, below.as_str()].map(|path| {
        let says = format!("cannot read {path}");
        refused(&mut spikeprune(&["eval", path]), 1, &says)
    }));
}

/// A change of a good checkpoint, and what the refusal names.
type Case = (fn(&mut Edited), &'static str);

fn refuse_edited(cases: &[Case]) {
    all_well(cases.iter().map(|(edit, says)| {
        let mut edited = Edited::of(&SHARED.files[CHECKPOINT]);
        edit(&mut edited);
        refuse(&edited.bytes(), says)
    }));
}

#[test]
fn metadata_that_do_not_fit_are_refused() {
    refuse_edited(&[
        (|c| c.set_metadata("format", "2"), "has format \"2\""),
        (|c| c.set_metadata("format", ""), "has format \"\""),
        (|c| drop(c.metadata.remove("format")), "lacks \"format\""),
        (|c| drop(c.metadata.remove("params")), "lacks \"params\""),
        (|c| c.set_metadata("params", "seven"), "not valid TOML"),
        (
            |c| drop(c.metadata.insert("networks".into(), "[]".into())),
            "it holds no network",
        ),
        (
            |c| c.set_params("\"paper\"", "\"nonsense\""),
            "\"nonsense\"",
        ),
        (|c| c.set_params("seed = 1", "sed = 1"), "\"job.sed\""),
        (
            |c| {
                c.set_params(
                    concat!("spikeprune ", env!("CARGO_PKG_VERSION")),
                    "spikeprune 99.1.0",
                );
                c.set_params("seed = 1", "seed = 1\ncurriculum = 7");
            },
            "is of spikeprune 99.1.0, which is newer than this",
        ),
        (
            |c| c.set_params("seed = 1", "seed = \"one\""),
            "job.seed is \"one\"",
        ),
        (
            |c| c.set_params("epochs = 1", "epochs = 0"),
            "job.epochs is 0",
        ),
        (|c| c.set_params("[7, 4]", "[7, 4, 6]"), "[1, 784, 18]"),
        (|c| c.set_params("[7, 4]", "[7, 7]"), "7,7"),
        (
            |c| c.set_params("neurons_per_class = 6", "neurons_per_class = 8000"),
            "[1, 784, 16000]",
        ),
        (
            |c| c.set_params("replicas = 1", "replicas = 2"),
            "[2, 784, 12]",
        ),
        (
            |c| c.set_params("replicas = 1", "replicas = 0"),
            "job.replicas is 0",
        ),
        // Half the step means twice as many steps of delay, so longer queues of arrivals.
        (
            |c| c.set_params("dt_ms = 1.0", "dt_ms = 0.5"),
            "\"arrivals_s2\"",
        ),
        (
            |c| c.set_params("delay_i_to_e_max_ms = 5.0", "delay_i_to_e_max_ms = 4.0"),
            "\"arrivals_s3\"",
        ),
        (
            |c| c.set_params("gmax = 0.05", "gmax = 0.01"),
            "in 0..=0.01",
        ),
    ]);
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    refuse_edited(&[
        (|c| drop(c.tensors.remove("weights")), "weights"),
        (|c| drop(c.tensors.remove("clock")), "clock"),
        (|c| drop(c.tensors.remove("delays_s3")), "delays_s3"),
        (|c| c.set_shape("weights", &[784, 12]), "[784, 12]"),
        (|c| c.set_shape("weights", &[1, 12, 784]), "[1, 12, 784]"),
        (|c| c.set_shape("delays_s3", &[1, 144]), "[1, 144]"),
        (
            |c| c.tensors.get_mut("weights").unwrap().0 = Dtype::I32,
            "I32",
        ),
        (
            |c| c.tensors.get_mut("delays_s2").unwrap().0 = Dtype::BF16,
            "BF16",
        ),
    ]);
}

#[test]
fn values_that_cannot_occur_are_refused() {
    refuse_edited(&[
        (
            |c| c.put_f32("weights", 100, f32::NAN),
            "weights[100] is NaN",
        ),
        (
            |c| c.put_f32("weights", 9407, 0.0501),
            "weights[9407] is 0.0500999",
        ),
        (
            |c| c.put_f32("weights", 0, -1e-9),
            "weights[0] is -0.0000000009",
        ),
        (
            |c| c.put_f32("weights_running", 5, f32::INFINITY),
            "weights_running[5] is inf",
        ),
        (
            |c| c.put_f32("weights_running", 5, f32::NAN),
            "weights_running[5] is NaN",
        ),
        (
            |c| c.put("delays_s2", 3, 11u16.to_le_bytes()),
            "delays_s2[3] is 11",
        ),
        (
            |c| c.put("delays_s3", 143, 6u16.to_le_bytes()),
            "delays_s3[143] is 6",
        ),
        (
            |c| c.put("delays_s3", 1, u16::MAX.to_le_bytes()),
            "delays_s3[1] is 65535",
        ),
        (|c| c.put_f32("v_e_mv", 1, f32::NAN), "v_e_mv[1] is NaN"),
        (
            |c| c.put_f32("v_threshold_mv", 0, f32::NEG_INFINITY),
            "v_threshold_mv[0] is -inf",
        ),
        (|c| c.put_f32("ge_i", 11, f32::NAN), "ge_i[11] is NaN"),
        (
            |c| c.put_f32("trace_pre", 783, f32::NAN),
            "trace_pre[783] is NaN",
        ),
        (
            |c| c.put("last_input", 7, u32::MAX.to_le_bytes()),
            "last_input[7] is 4294967295",
        ),
        // Twelve neurons send a spike each at most.
        (
            |c| c.put("arrivals_s2", 3, 13u16.to_le_bytes()),
            "arrivals_s2[3] is 13",
        ),
        (
            |c| c.put("metrics_accuracy", 0, 2f64.to_le_bytes()),
            "its metrics cannot be those of a training",
        ),
        (
            |c| c.put("metrics_images", 0, 9_999u32.to_le_bytes()),
            "its metrics cannot be those of a training",
        ),
    ]);
}
