//! One HTML page that needs nothing beside itself: no network, no scripts, no other file.

use super::plot::Svg;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::{Serialize, Serializer};

/// A page of sections. All text is plain and is escaped.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    pub title: String,
    /// Stands below the title unless empty.
    pub subtitle: String,
    /// More than three are listed at the top.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Section {
    pub heading: String,
    /// Paragraphs.
    pub text: Vec<String>,
    /// Figures and pictures that follow each other stand side by side where there is room.
    pub blocks: Vec<Block>,
}

/// What stands below a section's text.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Block {
    /// A table; a wide one scrolls by itself.
    Table {
        caption: String,
        columns: Vec<Column>,
        rows: Vec<Vec<Cell>>,
    },
    /// A plot.
    Figure {
        caption: String,
        #[serde(serialize_with = "source")]
        svg: Svg,
    },
    /// A picture in PNG.
    Picture {
        caption: String,
        #[serde(serialize_with = "data_uri")]
        png: Vec<u8>,
        /// What the picture shows, for those who do not see it.
        alt: String,
        /// In CSS pixels, where there is room. One wider than 480 has a row of its own.
        width: u32,
    },
    /// Text as it stands, such as a command or its output.
    Pre { caption: String, text: String },
}

/// The head of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Column {
    pub title: String,
    pub align: Align,
}

/// To which side a column's text is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// For words.
    #[default]
    Left,
    /// For numbers.
    Right,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cell {
    pub text: String,
    pub mark: Option<Mark>,
}

/// Whether a value is what was aimed at: shown by a sign, words and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    Reached,
    /// Not, but it cannot be told from it.
    Within,
    Missed,
}

impl Cell {
    /// A cell with a mark.
    pub fn marked(text: impl Into<String>, mark: Mark) -> Self {
        let text = text.into();
        let mark = Some(mark);
        Self { text, mark }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        let text = text.into();
        Self { text, mark: None }
    }
}

/// Why a page was not made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A row of a table has not one cell a column.
    #[error("row {row} of table \"{table}\" has {found} cells, not {columns}")]
    Cells {
        /// The table's caption.
        table: String,
        /// The row, from 0.
        row: usize,
        /// How many cells it has.
        found: usize,
        /// How many columns the table has.
        columns: usize,
    },
    /// The template could not be filled.
    #[error("the page could not be written: {0}")]
    Template(#[from] minijinja::Error),
}

impl Page {
    /// The page as HTML.
    ///
    /// # Errors
    /// When a row of a table has not one cell a column.
    pub fn render(&self) -> Result<String, PageError> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.into_iter().try_for_each(Block::check)?;
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let mut syntax = SyntaxConfig::builder();
        let syntax = syntax.trim_blocks(true).lstrip_blocks(true);
        environment.set_syntax(syntax.build()?);
        environment.add_global("style", include_str!("style.css"));
        environment.add_template("page", include_str!("page.html.jinja"))?;
        Ok(environment.get_template("page")?.render(Serde(self))?)
    }
}

impl Block {
    fn check(&self) -> Result<(), PageError> {
        let Self::Table {
            caption,
            columns,
            rows,
        } = self
        else {
            return Ok(());
        };
        match rows.iter().position(|row| row.len() != columns.len()) {
            None => Ok(()),
            Some(row) => Err(PageError::Cells {
                table: caption.clone(),
                row,
                found: rows[row].len(),
                columns: columns.len(),
            }),
        }
    }
}

fn source<S: Serializer>(svg: &Svg, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(svg.as_str())
}

fn data_uri<S: Serializer>(png: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let uri = format!("data:image/png;base64,{}", STANDARD.encode(png));
    serializer.serialize_str(&uri)
}

#[cfg(test)]
mod tests;
