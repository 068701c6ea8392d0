//! Small IDX files.

/// A file of items of some type.
#[derive(Clone)]
pub struct Idx {
    of: u8,
    dimensions: Vec<u32>,
    items: Vec<u8>,
}

impl Idx {
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, self.of, self.dimensions.len() as u8];
        bytes.extend(self.dimensions.iter().flat_map(|side| side.to_be_bytes()));
        [bytes, self.items.clone()].concat()
    }
}

/// Images, the first dimension being their number.
pub fn images(dimensions: &[u32], pixels: &[u8]) -> Idx {
    Idx {
        of: 8,
        dimensions: dimensions.to_vec(),
        items: pixels.to_vec(),
    }
}

pub fn labels(labels: &[u8]) -> Idx {
    images(&[labels.len() as u32], labels)
}

/// Labels as QMNIST has them: eight numbers for each image, the first being its label.
pub fn qmnist_labels(labels: &[u8]) -> Idx {
    let of_image = |&label: &u8| [[0, 0, 0, label], [255; 4]].concat();
    let items = labels
        .iter()
        .flat_map(|label| [of_image(label), vec![7; 24]].concat());
    Idx {
        of: 12,
        dimensions: vec![labels.len() as u32, 8],
        items: items.collect(),
    }
}
