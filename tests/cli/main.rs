//! The program from outside: what its commands print, write and refuse.

mod backprop;
mod bad_checkpoint;
mod bad_flags;
mod bad_place;
mod batches;
mod behind_edges;
mod bench;
mod claims;
mod config_files;
#[path = "../support/contents.rs"]
mod contents;
mod data_places;
mod delays;
mod devices;
mod diehl_cook;
mod drivers;
mod eval;
#[path = "../support/first_images.rs"]
mod first_images;
mod front_end;
mod going_on;
#[path = "../support/gpu.rs"]
mod gpu;
mod heatmap;
#[allow(dead_code, reason = "the labels of QMNIST are for others")]
#[path = "../support/idx.rs"]
mod idx;
mod layers;
mod limits;
mod names;
mod older_version;
mod other_data;
mod overwriting;
mod own_files;
mod parts;
mod pictures;
mod places;
mod program;
mod record;
mod repeat;
mod reproduce;
mod reproduce_flags;
mod restarts;
mod resumed;
mod rules;
mod run_folder;
mod shapes_of_data;
mod show;
mod silence;
mod snapshots;
mod splits;
mod streams;
mod summary;
mod sweep;
mod sweep_table;
mod ten_class;
mod typed;
mod values;
#[path = "../support/wait.rs"]
mod wait;
