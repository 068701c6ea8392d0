//! What the guide lists is what there is.

use spikeprune::params::{QUANTITIES, named_rules};
use std::path::Path;

#[test]
fn the_chapter_on_rules_lists_all_names_and_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/reference/rules.md");
    let text = std::fs::read_to_string(path).unwrap();
    let plain = text.replace('`', "");
    for (name, _, meaning) in QUANTITIES {
        assert!(text.contains(&format!("`{name}`")), "{name}");
        // Those in steps have one row; the others say what the program says.
        let meaning = meaning.split([',', ';', '(']).next().unwrap().trim();
        let in_steps = ["step", "steps_image", "steps_since_last"].contains(&name);
        assert!(in_steps || plain.contains(meaning), "{name}: {meaning}");
    }
    for rule in named_rules() {
        let words = rule.factor.split_whitespace().collect::<Vec<_>>();
        assert!(text.contains(&format!("`{}`", rule.name)), "{}", rule.name);
        assert!(
            text.contains(&format!("`{}`", words.join(" "))),
            "{}",
            rule.factor
        );
    }
}
