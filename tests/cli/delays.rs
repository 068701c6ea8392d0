//! Checkpoints of networks without delays from I to E: a row of them, where earlier versions wrote one for each neuron.

use crate::bad_checkpoint::Edited;
use crate::program::{CHECKPOINT, Run, all_well, refused, spikeprune};
use safetensors::SafeTensors;
use spikeprune::checkpoint::Checkpoint;
use std::path::Path;
use std::sync::LazyLock;

/// Two networks of twelve neurons.
static RUN: LazyLock<Run> =
    LazyLock::new(|| Run::tiny(&["--replicas", "2", "--set", "lateral.delay_i_to_e_max_ms=0"]));

fn written() -> &'static [u8] {
    &RUN.files[CHECKPOINT]
}

/// The checkpoint with other delays.
fn with_delays(shape: &[usize], delays: &[u16]) -> Edited {
    let mut edited = Edited::of(written());
    edited.set_u16s("delays_s3", shape, delays);
    edited
}

#[test]
fn a_checkpoint_has_a_row_of_them() {
    let tensors = SafeTensors::deserialize(written()).unwrap();
    let delays = tensors.tensor("delays_s3").unwrap();
    assert_eq!(delays.shape(), [2, 1, 12]);
    assert!(delays.data().iter().all(|&byte| byte == 0));
}

#[test]
fn a_checkpoint_with_a_row_for_each_neuron_is_the_same() {
    let read = |bytes: &[u8]| Checkpoint::from_bytes(Path::new(CHECKPOINT), bytes).unwrap();
    let earlier = read(&with_delays(&[2, 12, 12], &[0; 288]).bytes());
    assert_eq!(earlier, read(written()));
    assert_eq!(earlier.to_bytes().unwrap(), written());
}

#[test]
fn other_delays_are_refused() {
    let mut longer = [0; 288];
    longer[287] = 1;
    let refuse = |shape: &[usize], delays: &[u16], says| {
        let kept = with_delays(shape, delays).kept();
        refused(&mut spikeprune(&["eval", kept.arg()]), 1, says)
    };
    all_well([
        refuse(&[2, 12, 12], &longer, "delays_s3[143] is 1"),
        refuse(&[2, 1, 12], &longer[264..], "delays_s3[11] is 1"),
        refuse(&[2, 12], &[0; 24], "expected U16 [2, 1, 12]"),
        refuse(&[2, 2, 12], &[0; 48], "expected U16 [2, 1, 12]"),
        refuse(&[1, 12, 12], &[0; 144], "expected U16 [2, 1, 12]"),
        refuse(&[24], &[0; 24], "expected U16 [2, 1, 12]"),
        refuse(&[], &[0], "expected U16 [2, 1, 12]"),
    ]);
}
