//! What a network learns to tell apart, and how it answers.

use super::validate::MAX_NEURONS;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;

/// What the network learns to tell apart, and which of its neurons speak for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ArchitectureTable", into = "ArchitectureTable")]
pub struct Architecture {
    /// Labels that the network learns. None where data decide: [`crate::experiment::fitting::fit`] finds them, all or
    /// those of the names.
    pub classes: Vec<u8>,
    /// What these labels mean, where the data say so.
    pub names: Vec<String>,
    pub vote: Vote,
}

/// How the network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// By groups: the g-th group of neurons belongs to the g-th class.
    Groups { neurons_per_class: usize },
    /// By labels: neurons are labelled after the training with the class that they answer most.
    Labels {
        neurons: usize,
        /// So many of the training images, evenly spread over them, label the neurons.
        images: usize,
    },
}

/// [`Architecture`] as a file has it: with one of the tables `groups` and `labels`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ArchitectureTable {
    /// Labels that the network learns, in the order of their groups, or names of classes; all takes every label that the
    /// data have.
    classes: Classes,
    /// What the labels mean, as the data say.
    #[serde(default)]
    names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<GroupsTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<LabelsTable>,
}

/// Classes as a file has them.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Classes {
    Labels(Vec<u8>),
    Names(Vec<String>),
    All(All),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum All {
    /// Every label that the data have.
    All,
}

impl Serialize for Classes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Labels(labels) => labels.serialize(serializer),
            Self::Names(names) => names.serialize(serializer),
            Self::All(all) => all.serialize(serializer),
        }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupsTable {
    /// Excitatory neurons of each class.
    #[schemars(range(min = 1, max = MAX_NEURONS))]
    neurons_per_class: usize,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LabelsTable {
    /// Excitatory neurons, labelled after the training with the class that they answer most.
    #[schemars(range(min = 1, max = MAX_NEURONS))]
    neurons: usize,
    /// So many of the training images, evenly spread over them, label the neurons.
    #[schemars(range(min = 1, max = 60_000))]
    images: usize,
}

impl TryFrom<ArchitectureTable> for Architecture {
    type Error = &'static str;

    fn try_from(table: ArchitectureTable) -> Result<Self, &'static str> {
        let vote = match (table.groups, table.labels) {
            (Some(GroupsTable { neurons_per_class }), None) => Vote::Groups { neurons_per_class },
            (None, Some(LabelsTable { neurons, images })) => Vote::Labels { neurons, images },
            _ => return Err("a network has one of the tables network.groups and network.labels"),
        };
        let (classes, names) = match table.classes {
            Classes::Labels(none) if none.is_empty() => {
                return Err(
                    "network.classes is empty: it must be a list of labels, such as 7,4,6, or all",
                );
            }
            Classes::Labels(classes) => (classes, table.names),
            Classes::Names(names) => (Vec::new(), names),
            Classes::All(All::All) => (Vec::new(), Vec::new()),
        };
        if !(classes.is_empty() || names.is_empty() || classes.len() == names.len()) {
            return Err("network.names has not one name for each label of network.classes");
        }
        Ok(Self {
            classes,
            names,
            vote,
        })
    }
}

impl From<Architecture> for ArchitectureTable {
    fn from(network: Architecture) -> Self {
        let (classes, names) = match (network.classes, network.names) {
            (none, none_too) if none.is_empty() && none_too.is_empty() => {
                (Classes::All(All::All), none_too)
            }
            (none, names) if none.is_empty() => (Classes::Names(names), Vec::new()),
            (labels, names) => (Classes::Labels(labels), names),
        };
        let (groups, labels) = match network.vote {
            Vote::Groups { neurons_per_class } => (Some(GroupsTable { neurons_per_class }), None),
            Vote::Labels { neurons, images } => (None, Some(LabelsTable { neurons, images })),
        };
        Self {
            classes,
            names,
            groups,
            labels,
        }
    }
}

/// The digits of the paper's figures.
impl Default for Architecture {
    fn default() -> Self {
        Self {
            classes: vec![7, 4, 6],
            names: Vec::new(),
            vote: Vote::Groups {
                neurons_per_class: 10,
            },
        }
    }
}

impl Architecture {
    /// The classes with `separator` between them: `7-4-6`.
    pub fn label(&self, separator: &str) -> String {
        if self.is_open() && self.names.is_empty() {
            return "all".into();
        }
        self.class_names().join(separator)
    }

    /// What each class is called: its label, where classes have no names.
    pub fn class_names(&self) -> Vec<String> {
        match self.names.as_slice() {
            [] => self.classes.iter().map(u8::to_string).collect(),
            names => names.to_vec(),
        }
    }

    /// The classes as a part of the name of a file: `7-4-6`; numbers where a name does not belong into one, and how many
    /// there are where they are many.
    pub fn file_label(&self) -> String {
        let is_plain = |name: &String| {
            let plain = |c: char| c.is_alphanumeric() || "-_".contains(c);
            (1..=16).contains(&name.len()) && name.chars().all(plain)
        };
        match self.classes.len() {
            11.. => format!("{}-classes", self.classes.len()),
            _ if self.names.iter().all(is_plain) => self.label("-"),
            _ => {
                let labels: Vec<String> = self.classes.iter().map(u8::to_string).collect();
                labels.join("-")
            }
        }
    }

    /// What a label is called: its name, where it has one.
    pub fn name_of(&self, label: u8) -> String {
        let place = self.classes.iter().position(|&class| class == label);
        match place.and_then(|place| self.names.get(place)) {
            Some(name) => name.clone(),
            None => label.to_string(),
        }
    }

    /// Other classes in the place of these; the names go where one of them is not known here.
    pub fn set_classes(&mut self, classes: &[u8]) {
        let place = |class: &u8| self.classes.iter().position(|known| known == class);
        let name = |class: &u8| self.names.get(place(class)?).cloned();
        self.names = classes
            .iter()
            .map(name)
            .collect::<Option<_>>()
            .unwrap_or_default();
        self.classes = classes.to_vec();
    }

    /// Whether the data are still to say which labels these classes are.
    pub fn is_open(&self) -> bool {
        self.classes.is_empty()
    }

    /// Excitatory neurons, N; there are as many inhibitory ones.
    pub fn neurons(&self) -> usize {
        match self.vote {
            Vote::Groups { neurons_per_class } => self.classes.len() * neurons_per_class,
            Vote::Labels { neurons, .. } => neurons,
        }
    }

    /// Neurons of one group, as the learning rule counts them; where classes have none, of a share like theirs.
    pub fn group_size(&self) -> usize {
        self.neurons().div_ceil(self.classes.len())
    }

    /// Whether neurons are labelled after the training.
    pub fn votes_by_labels(&self) -> bool {
        matches!(self.vote, Vote::Labels { .. })
    }
}

/// As a file has it.
impl JsonSchema for Architecture {
    fn schema_name() -> Cow<'static, str> {
        ArchitectureTable::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ArchitectureTable::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_hold_no_more_of_classes_than_they_can() {
        let label = |names: &[&str]| {
            let network = Architecture {
                classes: (0..names.len() as u8).collect(),
                names: names.iter().map(ToString::to_string).collect(),
                ..Architecture::default()
            };
            network.file_label()
        };
        assert_eq!(Architecture::default().file_label(), "7-4-6");
        assert_eq!(label(&["cat", "t-shirt"]), "cat-t-shirt");
        for odd in ["../up", "a b", "a/b", "", &"long".repeat(9)] {
            assert_eq!(label(&[odd, "cat"]), "0-1", "{odd}");
        }
        assert_eq!(label(&["x"; 26]), "26-classes");
    }
}
