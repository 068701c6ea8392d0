//! What a network learns to tell apart, and how it answers.

use super::validate::MAX_NEURONS;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the network learns to tell apart, and which of its neurons speak for what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ArchitectureTable")]
pub struct Architecture {
    /// Labels that the network learns.
    pub classes: Vec<u8>,
    #[serde(flatten)]
    pub vote: Vote,
}

/// How the network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ArchitectureTable {
    /// Labels that the network learns, in the order of their groups.
    classes: Vec<u8>,
    groups: Option<GroupsTable>,
    labels: Option<LabelsTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupsTable {
    /// Excitatory neurons of each class.
    #[schemars(range(min = 1, max = MAX_NEURONS))]
    neurons_per_class: usize,
}

#[derive(Deserialize, JsonSchema)]
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
        let classes = table.classes;
        Ok(Self { classes, vote })
    }
}

/// The digits of the paper's figures.
impl Default for Architecture {
    fn default() -> Self {
        Self {
            classes: vec![7, 4, 6],
            vote: Vote::Groups {
                neurons_per_class: 10,
            },
        }
    }
}

impl Architecture {
    /// The classes with `separator` between them: `7-4-6`.
    pub fn label(&self, separator: &str) -> String {
        let labels: Vec<String> = self.classes.iter().map(u8::to_string).collect();
        labels.join(separator)
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
