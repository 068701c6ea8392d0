//! Jobs that are made to fit the data.

use spikeprune::dataset::{Dataset, ImageShape, LabelledImages};
use spikeprune::experiment::fitting::{ClassChoice, fit, labels_of, relabelled};
use spikeprune::params::{Params, TrainImages, Vote, apply_setting};
use spikeprune::presets;

fn images(labels: &[u8]) -> LabelledImages {
    let shape = ImageShape::grey(3, 5);
    LabelledImages::new(shape, vec![1; labels.len() * shape.len()], labels.to_vec()).unwrap()
}

/// Three classes with names: 30, 20 and 10 images to train with, a tenth of them to test with.
fn pets() -> Dataset {
    let labels = |tenth: usize| [vec![0; 3 * tenth], vec![1; 2 * tenth], vec![2; tenth]].concat();
    Dataset {
        train: images(&labels(10)),
        test: images(&labels(1)),
        names: ["cat", "dog", "t-shirt"].map(String::from).into(),
    }
}

fn notes(params: &Params, choice: ClassChoice, data: &Dataset) -> (Params, String) {
    let fitted = fit(params, choice, data).unwrap();
    let notes: Vec<String> = fitted.notes.iter().map(ToString::to_string).collect();
    (fitted.params, notes.join("\n"))
}

#[test]
fn a_preset_takes_shape_classes_and_no_more_images_than_there_are() {
    let (params, notes) = notes(&presets::best(), ClassChoice::OfPreset, &pets());
    let Params { model, job, .. } = &params;
    assert_eq!(
        (model.input.image(), model.inputs()),
        (ImageShape::grey(3, 5), 15)
    );
    assert_eq!(model.network.classes, [0, 1, 2]);
    assert_eq!(model.network.label(", "), "cat, dog, t-shirt");
    assert_eq!(
        (job.train, job.validation_per_class),
        (TrainImages::InAll(54), 2)
    );
    for note in [
        "all 3 classes of the data are learned: cat, dog, t-shirt",
        "60 images of these classes to train with",
        "54 are trained on in each pass, 6 are kept",
        "class t-shirt has 1 images to test with",
    ] {
        assert!(notes.contains(note), "{notes}\n{note}");
    }
    // What fits is left as it is.
    let again = fit(&params, ClassChoice::AsGiven, &pets()).unwrap();
    assert_eq!(again.params, params);
}

#[test]
fn classes_by_name_label_and_range() {
    let choose = |list: &str| {
        let params = apply_setting(&presets::paper(), &format!("network.classes={list}")).unwrap();
        fit(&params, ClassChoice::AsGiven, &pets())
            .map(|fitted| fitted.params.model.network.classes)
            .map_err(|error| error.to_string())
    };
    assert_eq!(choose("t-shirt,cat"), Ok(vec![2, 0]));
    assert_eq!(choose("1"), Ok(vec![1]));
    assert_eq!(choose("0-1,t-shirt"), Ok(vec![0, 1, 2]));
    assert_eq!(choose("all"), Ok(vec![0, 1, 2]));
    for wrong in ["bird", "7", "1-7"] {
        let message = choose(wrong).unwrap_err();
        assert!(message.contains("they have cat, dog, t-shirt"), "{message}");
    }
    let twice = choose("cat,0").unwrap_err();
    assert!(twice.contains("without a label twice"), "{twice}");
    // A name is what a class is called, also where it looks like a number.
    let digits = Dataset {
        names: ["7", "1", "0"].map(String::from).into(),
        ..pets()
    };
    assert_eq!(
        labels_of(&["0".into(), "7".into()], &digits.train, &digits).unwrap(),
        [2, 0]
    );
}

#[test]
fn networks_without_groups_are_labelled_by_what_is_trained_on() {
    let (params, notes) = notes(&presets::diehl_cook(), ClassChoice::OfPreset, &pets());
    let trained = params.job.train.of_pass(3);
    assert!(matches!(params.model.network.vote, Vote::Labels { images, .. } if images == trained));
    assert!(
        notes.contains("training images are to label the neurons"),
        "{notes}"
    );
}

#[test]
fn without_images_to_train_or_to_test() {
    let no_test = Dataset {
        test: LabelledImages::none(ImageShape::grey(3, 5)),
        ..pets()
    };
    let (_, notes) = notes(&presets::best(), ClassChoice::OfPreset, &no_test);
    assert!(notes.contains("nothing is tested"), "{notes}");
    let no_train = Dataset {
        train: LabelledImages::none(ImageShape::grey(3, 5)),
        ..pets()
    };
    assert!(fit(&presets::best(), ClassChoice::OfPreset, &no_train).is_err());
}

/// Other data count a class by its name, whatever its number there.
#[test]
fn other_data_are_matched_by_name() {
    let network = fit(&presets::best(), ClassChoice::OfPreset, &pets())
        .unwrap()
        .params
        .model
        .network;
    let other = Dataset {
        train: images(&[]),
        test: images(&[0, 1, 2, 3]),
        names: ["bird", "cat", "cow", "dog"].map(String::from).into(),
    };
    let found = relabelled(other, &network);
    assert_eq!(found.test.labels()[1..2], [0]);
    assert_eq!(found.test.labels()[3..], [1]);
    for at in [0, 2] {
        assert!(!network.classes.contains(&found.test.label(at)));
    }
    let names: Vec<String> = found
        .test
        .labels()
        .iter()
        .map(|&label| found.name_of(label))
        .collect();
    assert_eq!(names, ["bird", "cat", "cow", "dog"]);
}
