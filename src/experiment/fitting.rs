//! A job made to fit the data: their shape, their labels, and no more images than they have.

use crate::dataset::{Dataset, DatasetError, ImageShape, LabelledImages, count_of_class};
use crate::params::{Architecture, Params, ParamsError, PerClass, TrainImages, Vote, wholes};
use std::fmt;

/// Parameters that fit the data, and what that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub params: Params,
    pub notes: Vec<Adapted>,
}

/// Which classes are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassChoice {
    /// Those of the parameters.
    AsGiven,
    /// Those of the parameters, which an earlier training learned, if the data have them; else all that the data have.
    Learned,
    /// Those of the parameters if the data are MNIST, which a preset has in mind; else all that the data have.
    OfPreset,
}

/// What of a job was made to fit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Adapted {
    /// All classes are learned.
    AllClasses { classes: usize, listed: String },
    /// The classes that were learned before are learned, and the data have others.
    OtherClasses { learned: String, others: String },
    /// There are fewer training images than the job asks for.
    Training {
        asked: usize,
        found: usize,
        trained: usize,
        validation: usize,
    },
    /// A class has fewer images to test with than the job asks for.
    Test {
        class: String,
        asked: usize,
        found: usize,
    },
    /// There is nothing to test with.
    NothingToTest,
    /// There are fewer training images than were to label neurons.
    LabelImages { asked: usize, found: usize },
}

impl fmt::Display for Adapted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllClasses { classes, listed } => write!(
                f,
                "all {classes} classes of the data are learned: {listed}; --classes chooses some"
            ),
            Self::OtherClasses { learned, others } => write!(
                f,
                "the classes that were learned go on: {learned}; the data have others, which --classes adds ({others})"
            ),
            Self::Training {
                asked,
                found,
                trained,
                validation,
            } => write!(
                f,
                "the data have {found} images of these classes to train with, the job asks for {asked} and some to validate \
                 with: {trained} are trained on in each pass, {validation} are kept to validate with"
            ),
            Self::Test {
                class,
                asked,
                found,
            } => write!(
                f,
                "class {class} has {found} images to test with, the job asks for {asked}: all of them are tested"
            ),
            Self::NothingToTest => f.write_str(
                "the data have no images of these classes to test with: nothing is tested",
            ),
            Self::LabelImages { asked, found } => write!(
                f,
                "{asked} training images are to label the neurons, {found} are trained on: all of them do"
            ),
        }
    }
}

/// What keeps a job from the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error(transparent)]
    Params(#[from] ParamsError),
    #[error("the data have no class {word}: they have {known}")]
    NoClass { word: String, known: String },
    #[error("the data hold no images to train with, only some to test with: `eval` tests on them")]
    NothingToTrain,
}

/// Makes a job fit the data: its network takes images of their shape; classes that are open, or a preset's on other data
/// than MNIST, become labels of the data, with their names; numbers of images are upper bounds. Where there are fewer
/// training images than asked for, all are used but a tenth, which validates.
///
/// # Errors
/// When a class is not there, or the parameters make no sense for these data.
pub fn fit(params: &Params, choice: ClassChoice, data: &Dataset) -> Result<Fitted, FitError> {
    if data.train.is_empty() {
        return Err(FitError::NothingToTrain);
    }
    let (mut params, mut notes) = (params.clone(), Vec::new());
    fit_shape(&mut params, data.train.shape())?;
    fit_classes(&mut params.model.network, choice, data, &mut notes)?;
    params.model.network.validate_classes()?;
    fit_training(&mut params, &data.train, &mut notes);
    fit_test(&params, &data.test, &mut notes);
    params.validate()?;
    Ok(Fitted { params, notes })
}

/// The shape of the data, unless the parameters name another one than that of MNIST.
fn fit_shape(params: &mut Params, shape: ImageShape) -> Result<(), DatasetError> {
    let input = &mut params.model.input;
    let network = input.image();
    if ![ImageShape::MNIST, shape].contains(&network) {
        return Err(DatasetError::OtherShape {
            images: shape,
            network,
        });
    }
    (input.height, input.width, input.channels) = (shape.height, shape.width, shape.channels);
    Ok(())
}

fn fit_classes(
    network: &mut Architecture,
    choice: ClassChoice,
    data: &Dataset,
    notes: &mut Vec<Adapted>,
) -> Result<(), FitError> {
    let given = match network.names.is_empty() {
        true => network.classes.iter().map(u8::to_string).collect(),
        false => network.names.clone(),
    };
    let labels = || labels_of(&given, &data.train, data);
    let all = given.is_empty()
        || match choice {
            ClassChoice::AsGiven => false,
            ClassChoice::Learned => labels().is_err(),
            ClassChoice::OfPreset => !data.train.is_mnist(),
        };
    network.classes = match all {
        true => data.train.classes(),
        false => labels()?,
    };
    let name = |&label: &u8| data.name_of(label);
    network.names = match data.names.is_empty() {
        true => Vec::new(),
        false => network.classes.iter().map(name).collect(),
    };
    if all {
        notes.push(Adapted::AllClasses {
            classes: network.classes.len(),
            listed: network.label(", "),
        });
    } else if choice == ClassChoice::Learned {
        let others = data.train.classes().into_iter();
        let others = others.filter(|label| !network.classes.contains(label));
        let others: Vec<String> = others.map(|label| data.name_of(label)).collect();
        if !others.is_empty() {
            notes.push(Adapted::OtherClasses {
                learned: network.label(", "),
                others: others.join(", "),
            });
        }
    }
    Ok(())
}

/// The labels that words mean: names of the data, else numbers and ranges of them. `images`: the part that is to have
/// them.
///
/// # Errors
/// When none of these images is of such a class.
pub fn labels_of(
    words: &[String],
    images: &LabelledImages,
    data: &Dataset,
) -> Result<Vec<u8>, FitError> {
    let there = images.classes();
    let mut labels = Vec::new();
    for word in words {
        let named = data.names.iter().position(|name| name == word);
        let of_word = match named.map(u8::try_from) {
            Some(Ok(label)) => vec![label],
            _ => wholes::<u8>(word).unwrap_or_default(),
        };
        if of_word.is_empty() || !of_word.iter().all(|label| there.contains(label)) {
            let known: Vec<String> = there.iter().map(|&label| data.name_of(label)).collect();
            return Err(FitError::NoClass {
                word: word.clone(),
                known: known.join(", "),
            });
        }
        labels.extend(of_word);
    }
    Ok(labels)
}

/// Other data with the labels that a network has learned for classes of the same name; a label without a name is called
/// by its number. Classes that were not learned get labels that no learned one has.
pub fn relabelled(data: Dataset, network: &Architecture) -> Dataset {
    let learned = |name: &String| {
        let mut classes = network.classes.iter();
        classes
            .find(|&&class| network.name_of(class) == *name)
            .copied()
    };
    let here = data.classes();
    let mut new: [Option<u8>; 256] = [None; 256];
    let mut taken: Vec<u8> = network.classes.clone();
    for &label in &here {
        new[usize::from(label)] = learned(&data.name_of(label));
    }
    // Others keep their label where it is free.
    for &label in &here {
        let place = &mut new[usize::from(label)];
        if place.is_none() {
            let free = std::iter::once(label).chain(0..=u8::MAX);
            *place = { free }.find(|label| !taken.contains(label));
            taken.extend(*place);
        }
    }
    let relabel = |images: &LabelledImages| {
        let labels = images
            .labels()
            .iter()
            .map(|&label| new[usize::from(label)].unwrap_or(label));
        images.with_labels(labels.collect())
    };
    let mut names: Vec<String> = (0..=u8::MAX).map(|label| label.to_string()).collect();
    for &label in &here {
        if let Some(new) = new[usize::from(label)] {
            names[usize::from(new)] = data.name_of(label);
        }
    }
    Dataset {
        train: relabel(&data.train),
        test: relabel(&data.test),
        names: if data.names.is_empty() {
            Vec::new()
        } else {
            names
        },
    }
}

fn fit_training(params: &mut Params, train: &LabelledImages, notes: &mut Vec<Adapted>) {
    let classes = &params.model.network.classes;
    let counts = classes.iter().map(|&class| count_of_class(train, class));
    let (found, least) = (counts.clone().sum::<usize>(), counts.min().unwrap_or(0));
    let enough = match params.job.train {
        TrainImages::PerClass(images) => images <= least,
        TrainImages::InAll(images) => images <= found,
    };
    if !enough {
        let (asked, validation) = (
            params.job.train.of_pass(classes.len()),
            &mut params.job.validation_per_class,
        );
        *validation = (*validation).min(found / 10 / classes.len());
        let kept = *validation * classes.len();
        let trained = asked.min(found - kept);
        params.job.train = TrainImages::InAll(trained);
        notes.push(Adapted::Training {
            asked,
            found,
            trained,
            validation: kept,
        });
    }
    let trained = params.job.train.of_pass(classes.len());
    if let Vote::Labels { images, .. } = &mut params.model.network.vote
        && *images > trained
    {
        notes.push(Adapted::LabelImages {
            asked: *images,
            found: trained,
        });
        *images = trained;
    }
}

fn fit_test(params: &Params, test: &LabelledImages, notes: &mut Vec<Adapted>) {
    let network = &params.model.network;
    let is_learned = |label: &u8| network.classes.contains(label);
    match test.labels().iter().any(is_learned) {
        true => notes.extend(fewer_to_test(network, params.job.test_per_class, test)),
        false => notes.push(Adapted::NothingToTest),
    }
}

/// The class with the fewest images to test with, if it has fewer than a test asks for.
pub fn fewer_to_test(
    network: &Architecture,
    wanted: PerClass,
    images: &LabelledImages,
) -> Option<Adapted> {
    let of_class = |&class: &u8| (class, count_of_class(images, class));
    let counts = network.classes.iter().map(of_class);
    let (class, found) = counts.min_by_key(|&(_, found)| found)?;
    match wanted {
        PerClass::First(asked) if found < asked => Some(Adapted::Test {
            class: network.name_of(class),
            asked,
            found,
        }),
        _ => None,
    }
}
