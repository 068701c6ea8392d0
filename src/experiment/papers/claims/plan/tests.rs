use super::*;
use std::collections::BTreeSet;

#[test]
fn every_arm_has_a_file_of_its_own_and_parameters_that_make_sense() {
    for full in [false, true] {
        let plan = ClaimsPlan {
            full,
            seeds: 2,
            noise_images: 10,
            attack_images: 10,
            attack_queries: 10,
            params: presets::ten_class_pruned(),
        };
        plan.validate().unwrap();
        let arms = plan.arms(Kind::Backprop);
        let files: BTreeSet<String> = arms.iter().map(Arm::file).collect();
        assert_eq!(files.len(), arms.len());
        assert!(arms.len() > if full { 55 } else { 35 }, "{}", arms.len());
        assert_eq!(arms[3].params.job.epochs, 20);
        let open = |kind, known| plan.open_arms(kind, known).len();
        assert_eq!([open(Kind::Pixels, 3), open(Kind::Pixels, 6)], [2, 10]);
        assert_eq!([open(Kind::Backprop, 3), open(Kind::Backprop, 6)], [5, 25]);
        assert_eq!(plan.attack_arms(Kind::Pixels).len(), 6);
        assert_eq!(plan.attack_arms(Kind::Backprop).len(), 6);
        let change = |kind| plan.change_arms(kind).map(|arms| arms.len());
        assert_eq!(change(Kind::Pixels), [2, 2]);
        assert_eq!(change(Kind::Regrowth), [2, 2]);
        assert_eq!(change(Kind::Backprop), [3, 3]);
        let open = plan.open_arms(Kind::Backprop, 6);
        let files: BTreeSet<String> = open.iter().map(Arm::file).collect();
        assert_eq!(files.len(), open.len());
        open.iter().for_each(|arm| arm.params.validate().unwrap());
        assert_eq!(plan.arms(Kind::Edges)[0].params.job.epochs, 6);
    }
}
