//! Convolutions as products of matrices, and pooling. Images lie as \[row, column, map\].

use ndarray::{Array2, ArrayView2};

/// Side of a kernel.
const KERNEL: usize = 5;

/// Height, width and maps of what a stage is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maps {
    pub height: usize,
    pub width: usize,
    pub maps: usize,
}

impl Maps {
    pub fn len(self) -> usize {
        self.height * self.width * self.maps
    }

    /// What a convolution makes of it: as high and wide, since images are taken to be dark around.
    pub fn convolved(self, maps: usize) -> Self {
        Self { maps, ..self }
    }

    pub fn pooled(self) -> Self {
        Self {
            height: self.height / 2,
            width: self.width / 2,
            ..self
        }
    }

    /// Inputs of a kernel.
    pub fn patch(self) -> usize {
        KERNEL * KERNEL * self.maps
    }

    /// Where in the patches of an image its pixels lie, and where in the image, each a run of all maps: what is inside.
    fn places(self) -> Vec<(usize, usize)> {
        let half = KERNEL / 2;
        let mut places = Vec::with_capacity(self.height * self.width * KERNEL * KERNEL);
        for at in 0..self.height * self.width {
            for of_kernel in 0..KERNEL * KERNEL {
                let row = (at / self.width + of_kernel / KERNEL).checked_sub(half);
                let column = (at % self.width + of_kernel % KERNEL).checked_sub(half);
                let row = row.filter(|&row| row < self.height);
                let column = column.filter(|&column| column < self.width);
                if let Some((row, column)) = row.zip(column) {
                    let of_patches = at * self.patch() + of_kernel * self.maps;
                    places.push((of_patches, (row * self.width + column) * self.maps));
                }
            }
        }
        places
    }

    /// What a kernel is given at each place of each image: \[images x places, patch\].
    pub fn patches(self, images: &ArrayView2<'_, f32>) -> Array2<f32> {
        let rows = self.height * self.width;
        let mut patches = vec![0.0; images.nrows() * rows * self.patch()];
        let places = self.places();
        let of_images = patches.chunks_exact_mut(rows * self.patch());
        for (image, patches) in images.outer_iter().zip(of_images) {
            for &(to, from) in &places {
                for map in 0..self.maps {
                    patches[to + map] = image[from + map];
                }
            }
        }
        let shape = (images.nrows() * rows, self.patch());
        Array2::from_shape_vec(shape, patches).expect("as many values as the shape has")
    }

    /// The gradient by the images of that by the patches.
    pub fn back(self, by_patches: &Array2<f32>) -> Array2<f32> {
        let rows = self.height * self.width;
        let mut by_images = Array2::zeros((by_patches.nrows() / rows, self.len()));
        let places = self.places();
        let by_patches = by_patches.as_standard_layout();
        let values = by_patches.as_slice().unwrap_or_default();
        let of_images = values.chunks_exact(rows * self.patch());
        for (mut image, patches) in by_images.outer_iter_mut().zip(of_images) {
            for &(from, to) in &places {
                for map in 0..self.maps {
                    image[to + map] += patches[from + map];
                }
            }
        }
        by_images
    }

    /// The largest of each 2x2, and where it was: the first of several.
    pub fn pool(self, images: &Array2<f32>) -> (Array2<f32>, Array2<u32>) {
        let pooled = self.pooled();
        let shape = (images.nrows(), pooled.len());
        let (mut largest, mut from) = (Array2::zeros(shape), Array2::zeros(shape));
        for (image, (mut largest, mut from)) in images
            .outer_iter()
            .zip(largest.outer_iter_mut().zip(from.outer_iter_mut()))
        {
            for place in 0..pooled.len() {
                let (at, map) = (place / self.maps, place % self.maps);
                let (row, column) = (2 * (at / pooled.width), 2 * (at % pooled.width));
                let corners = [(0, 0), (0, 1), (1, 0), (1, 1)];
                let corners = corners.map(|(down, right)| {
                    ((row + down) * self.width + column + right) * self.maps + map
                });
                let first = corners[0];
                let best = corners.into_iter().fold(first, |best, corner| {
                    if image[corner] > image[best] {
                        corner
                    } else {
                        best
                    }
                });
                (largest[place], from[place]) = (image[best], best as u32);
            }
        }
        (largest, from)
    }

    /// The gradient by the images of that by the largest.
    pub fn unpool(self, by_largest: &Array2<f32>, from: &Array2<u32>) -> Array2<f32> {
        let mut by_images = Array2::zeros((by_largest.nrows(), self.len()));
        for (image, (values, from)) in by_images
            .outer_iter_mut()
            .zip(by_largest.outer_iter().zip(from.outer_iter()))
        {
            let mut image = image;
            for (value, &from) in values.iter().zip(&from) {
                image[from as usize] += value;
            }
        }
        by_images
    }
}
