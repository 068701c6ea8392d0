//! The pictures of a reproduction: what was shown, and the weights of each arm.

use crate::cli::heatmap::FontOptions;
use crate::cli::reproduce::page::{Picture, write};
use crate::cli::run_folder::RunFolder;
use crate::dataset::Digests;
use crate::experiment::papers::antonov_sukhov::Reproduction;
use crate::experiment::test_sets::TestSet;
use crate::front_end::pictures;
use crate::report::{ColorMap, Shades, Sheet, Tile, TileGroup, WeightImages};

/// Screen pixels along each side of a weight, and of a pixel shown.
const SCALE: u32 = 2;
/// Tiles of a sheet that fit a picture at that scale.
const MANY: usize = 60_000;

pub const SETS: &str = "sets.png";
pub const WEIGHTS: &str = "weights.png";

/// Writes a sheet with a sample of every test set.
pub fn sets(
    found: &Reproduction,
    data: &Digests,
    folder: &mut RunFolder,
    font: FontOptions,
) -> anyhow::Result<Picture> {
    let input = &found.params.model.input;
    let mean = |pixel: &[u8]| {
        let channels = pixel.iter().map(|&intensity| f32::from(intensity));
        channels.sum::<f32>() / input.channels as f32
    };
    let tile = |image: &Vec<u8>| Tile {
        caption: String::new(),
        values: image.chunks_exact(input.channels).map(mean).collect(),
    };
    let group = |(set, images): &(TestSet, Vec<Vec<u8>>)| TileGroup {
        caption: set.describe(),
        tiles: images.iter().map(tile).collect(),
    };
    let sheet = Sheet {
        groups: found.samples.iter().map(group).collect(),
        tile: [input.height, input.width],
        shades: Shades {
            colormap: ColorMap::Gray,
            range: (0.0, 255.0),
        },
        scale: SCALE,
        font_scale: font.font_scale,
        quantity: "intensity".into(),
    };
    let caption = "A sample of each test set".into();
    write(&found.params, data, folder, SETS, &sheet, caption)
}

/// Writes the weights of the first network of each arm on one sheet (figure 2 of the paper).
pub fn weights(
    found: &Reproduction,
    data: &Digests,
    folder: &mut RunFolder,
    font: FontOptions,
) -> anyhow::Result<Picture> {
    let params = &found.params;
    let input = &params.model.input;
    let tile = [input.height, input.width];
    let shades = Shades::of_weights(params.model.w_min(), params.model.gmax(), None);
    let names = found.arm_names();
    let first = names.iter().filter_map(|name| found.of_arm(name).next());
    // A picture has a largest size.
    let scale = match names.len() * params.model.neurons() {
        ..=MANY => SCALE,
        _ => 1,
    };
    let groups = first.flat_map(|network| {
        let architecture = found.network(&network.split.classes);
        let size = architecture.group_size();
        let of_class = |&class| std::iter::repeat_n(Some(class), size);
        let labels: Vec<Option<u8>> = architecture.classes.iter().flat_map(of_class).collect();
        let images = WeightImages {
            weights: &network.weights,
            inputs: input.shape(),
            pictures: &pictures(input, &network.weights),
            tile,
            labels: &labels,
            network: &architecture,
            only: &[],
            shades,
            scale,
            font_scale: font.font_scale,
            notes: &[],
        };
        let named = |mut group: TileGroup<'static>| {
            group.caption = format!("{}, {}", network.pruning, group.caption);
            group
        };
        images.groups().into_iter().map(named).collect::<Vec<_>>()
    });
    let sheet = Sheet {
        groups: groups.collect(),
        tile,
        shades,
        scale,
        font_scale: font.font_scale,
        quantity: "weight".into(),
    };
    let caption = format!("Weights of each arm, seed {}", params.job.seed);
    write(&found.params, data, folder, WEIGHTS, &sheet, caption)
}
