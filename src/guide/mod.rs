// `links.md` stands before each page. Of two links of one name the first counts: in this documentation those of
// `links.md`, which lead to its pages and, from `target/doc`, to the pictures. In the repository, where a page stands
// alone, the links at its own end lead to files.

#![doc = include_str!("links.md")]
#![doc = include_str!("README.md")]

/// Learn by doing: what one does and sees.
pub mod tutorials {
    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/see_it_learn.md")]
    pub mod see_it_learn {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/first_network.md")]
    pub mod first_network {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/pruning.md")]
    pub mod pruning {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/your_data.md")]
    pub mod your_data {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/parameters.md")]
    pub mod parameters {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/own_rule.md")]
    pub mod own_rule {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("tutorials/python.md")]
    pub mod python {}
}

/// Short recipes.
pub mod how_to {
    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/install.md")]
    pub mod install {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/experiments.md")]
    pub mod experiments {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/search.md")]
    pub mod search {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/resume.md")]
    pub mod resume {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/devices.md")]
    pub mod devices {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/weights.md")]
    pub mod weights {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/record.md")]
    pub mod record {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/other_images.md")]
    pub mod other_images {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/silence.md")]
    pub mod silence {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/python.md")]
    pub mod python {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("how_to/cluster.md")]
    pub mod cluster {}
}

/// To look things up.
pub mod reference {
    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/glossary.md")]
    pub mod glossary {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/files.md")]
    pub mod files {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/values.md")]
    pub mod values {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/rules.md")]
    pub mod rules {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/speed.md")]
    pub mod speed {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/gpu.md")]
    pub mod gpu {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/extending.md")]
    pub mod extending {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/citing.md")]
    pub mod citing {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("reference/changes.md")]
    pub mod changes {}
}

/// To understand what is simulated and how well it agrees.
pub mod explanation {
    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/network.md")]
    pub mod network {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/reproduction.md")]
    pub mod reproduction {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/ten_classes.md")]
    pub mod ten_classes {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/edges.md")]
    pub mod edges {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/batches.md")]
    pub mod batches {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/claims.md")]
    pub mod claims {}
    #[doc = include_str!("explanation/diehl_cook.md")]
    pub mod diehl_cook {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/uncertainty.md")]
    pub mod uncertainty {}

    #[doc = include_str!("links.md")]
    #[doc = include_str!("explanation/agreement.md")]
    pub mod agreement {}
}
