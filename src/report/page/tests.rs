//! What a page holds, and what it must not.

use super::*;
use crate::report::plot::{Lines, Series};

fn page(sections: usize) -> String {
    let blocks = vec![
        Block::Table {
            caption: "a <table>".into(),
            columns: vec![
                Column::default(),
                Column {
                    title: "accuracy".into(),
                    align: Align::Right,
                },
            ],
            rows: vec![
                vec!["paper & ours".into(), Cell::marked("0.9512", Mark::Reached)],
                vec!["<script>".into(), Cell::marked("0.25", Mark::Missed)],
            ],
        },
        Block::Figure {
            caption: "a curve".into(),
            svg: Lines {
                series: vec![Series {
                    points: vec![(0.0, 0.0), (1.0, 1.0)],
                    ..Series::default()
                }],
                ..Lines::default()
            }
            .svg()
            .unwrap(),
        },
        Block::Picture {
            caption: String::new(),
            png: vec![1, 2, 3],
            alt: "\"quoted\"".into(),
            width: 600,
        },
        Block::Pre {
            caption: "a command".into(),
            text: "a  <b>\n  c".into(),
        },
    ];
    let section = Section {
        heading: "Results & figures".into(),
        text: vec!["One.".into(), "Two.".into()],
        blocks,
    };
    let page = Page {
        title: "A <title>".into(),
        subtitle: "sub".into(),
        sections: vec![section; sections],
    };
    page.render().unwrap()
}

#[test]
fn all_that_is_given_stands_on_the_page() {
    let html = page(1);
    for part in [
        "<title>A &lt;title&gt;</title>",
        "<h2>Results &amp; figures</h2>",
        "<p>Two.</p>",
        "<caption>a &lt;table&gt;</caption>",
        r#"<td class="left">paper &amp; ours</td>"#,
        r#"<td class="right">0.9512 <span class="reached">✓ reached</span></td>"#,
        r#"<td class="left">&lt;script&gt;</td>"#,
        r#"0.25 <span class="missed">✗ not reached</span></td>"#,
        r#"<svg class="plot""#,
        r#"<figure class="wide">"#,
        r#"src="data:image/png;base64,AQID" alt="&quot;quoted&quot;" width="600""#,
        "a  &lt;b&gt;\n  c</pre>",
    ] {
        assert!(html.contains(part), "{part}\n{html}");
    }
}

#[test]
fn the_page_needs_nothing_beside_itself() {
    let html = page(4).replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "http:", "https:", "//", "<script", "<link", "@import", "url(",
    ] {
        assert!(!html.contains(outside), "{outside}");
    }
    for (attribute, inside) in [("src=\"", "data:"), ("href=\"", "#s")] {
        let values: Vec<_> = html.split(attribute).skip(1).collect();
        assert!(!values.is_empty());
        assert!(values.iter().all(|value| value.starts_with(inside)));
    }
}

#[test]
fn more_than_three_sections_are_listed() {
    assert!(!page(3).contains("<nav"));
    let html = page(4);
    for number in 1..=4 {
        assert!(html.contains(&format!("href=\"#s{number}\"")));
        assert!(html.contains(&format!("id=\"s{number}\"")));
    }
}

#[test]
fn a_row_that_does_not_fit_its_table_is_refused() {
    let table = Block::Table {
        caption: "costs".into(),
        columns: vec![Column::default()],
        rows: vec![vec!["1".into()], vec![]],
    };
    let section = Section {
        blocks: vec![table],
        ..Section::default()
    };
    let page = Page {
        sections: vec![section],
        ..Page::default()
    };
    let message = page.render().unwrap_err().to_string();
    assert_eq!(message, "row 1 of table \"costs\" has 0 cells, not 1");
}
