//! Arrays of a NumPy .npz file, whatever their number type.

use npyz::{Deserialize, NpyFile, TypeChar};
use std::io::{Cursor, Read};
use std::path::Path;
use zip::ZipArchive;

pub struct Npz {
    name: String,
    archive: ZipArchive<Cursor<Vec<u8>>>,
}

impl Npz {
    pub fn open(path: &Path) -> Self {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self::of(name, bytes)
    }

    /// A file of these bytes.
    pub fn of(name: String, bytes: Vec<u8>) -> Self {
        let archive = ZipArchive::new(Cursor::new(bytes));
        let archive = archive.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name, archive }
    }

    pub fn has(&self, array: &str) -> bool {
        self.archive
            .index_for_name(&format!("{array}.npy"))
            .is_some()
    }

    fn array(&mut self, array: &str) -> NpyFile<impl Read> {
        let found = self.archive.by_name(&format!("{array}.npy"));
        let found = found.unwrap_or_else(|error| panic!("{}: {array}: {error}", self.name));
        NpyFile::new(found).unwrap_or_else(|error| panic!("{}: {array}: {error}", self.name))
    }

    /// All values in C order.
    pub fn numbers(&mut self, array: &str) -> Vec<f64> {
        fn read<T: Deserialize + Into<f64>>(file: NpyFile<impl Read>) -> Vec<f64> {
            file.into_vec::<T>()
                .expect("readable values")
                .into_iter()
                .map(Into::into)
                .collect()
        }
        let file = self.array(array);
        assert_eq!(file.order(), npyz::Order::C, "{array}");
        let npyz::DType::Plain(kind) = file.dtype() else {
            panic!("{array} is not a plain array")
        };
        match (kind.type_char(), kind.size_field()) {
            (TypeChar::Float, 4) => read::<f32>(file),
            (TypeChar::Float, 8) => read::<f64>(file),
            (TypeChar::Int, 4) => read::<i32>(file),
            (TypeChar::Uint, 1) => read::<u8>(file),
            (TypeChar::Uint, 4) => read::<u32>(file),
            (TypeChar::Int, 8) => file
                .into_vec::<i64>()
                .expect("readable values")
                .into_iter()
                .map(|value| value as f64)
                .collect(),
            other => panic!("{array} has type {other:?}"),
        }
    }

    /// A whole number of shape ().
    pub fn whole(&mut self, array: &str) -> i64 {
        self.numbers(array)[0] as i64
    }

    /// A string of shape ().
    pub fn text(&mut self, array: &str) -> String {
        self.array(array)
            .into_vec::<String>()
            .expect("readable text")
            .remove(0)
    }
}
