//! What holds for every network: limits of the weights, and the same bits however a job is cut up. The same properties
//! on every device, and the same bits on all of them.
//!
//! `PROPTEST_CASES` asks for another number of cases. A failure prints the seed that draws its cases again.

mod both;
mod company;
mod device;
#[path = "../support/difference.rs"]
mod difference;
mod drawn;
#[path = "../support/gpu.rs"]
mod gpu;
#[path = "../support/jobs.rs"]
mod jobs;
mod limits;
mod outcome;
mod pauses;

/// Makes each property, a function of a device, a test of every device that is there.
macro_rules! on_every_device {
    ($($module:ident: $($property:ident),+;)+) => {
        mod on_the_cpu {
            $($(#[test] fn $property() { crate::$module::$property(crate::device::Device::Cpu); })+)+
        }

        mod on_the_gpu {
            $($(#[test] fn $property() {
                if crate::gpu::gpu().is_some() {
                    crate::$module::$property(crate::device::Device::Gpu);
                }
            })+)+
        }
    };
}

on_every_device! {
    company:
        a_seed_gives_the_same_bits_on_any_threads_and_in_any_company,
        an_image_is_answered_alike_whatever_else_is_shown;
    limits:
        weights_stay_within_their_limits,
        potentials_beyond_all_numbers_are_refused,
        a_dark_image_is_given_up,
        a_clock_that_showing_again_has_filled_ends_the_training;
    pauses:
        training_in_chunks_is_training_in_one_go,
        stopping_and_going_on_is_never_having_stopped,
        reading_out_changes_nothing_that_follows,
        a_late_clock_ticks_like_an_early_one;
}
