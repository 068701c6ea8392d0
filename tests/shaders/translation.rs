//! The only check of Metal and DX12 on a machine without them.

use super::*;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};

/// Checks of indices as wgpu asks for them where the driver has none.
const CHECKED: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Restrict,
    buffer: BoundsCheckPolicy::Restrict,
    image_load: BoundsCheckPolicy::Restrict,
    binding_array: BoundsCheckPolicy::Unchecked,
};

#[test]
fn every_kernel_translates_to_every_backend() {
    for Shader { name, module, info } in shaders() {
        let options = spv::Options {
            bounds_check_policies: CHECKED,
            // What every Vulkan device has, and no more.
            capabilities: Some([spv::Capability::Shader].into_iter().collect()),
            ..Default::default()
        };
        spv::write_vec(&module, &info, &options, None)
            .unwrap_or_else(|error| panic!("SPIR-V, {name}: {error}"));

        // The oldest Metal that naga writes for.
        let options = msl::Options {
            bounds_check_policies: CHECKED,
            ..Default::default()
        };
        let (_, translation) = msl::write_string(&module, &info, &options, &Default::default())
            .unwrap_or_else(|error| panic!("MSL, {name}: {error}"));
        for entry in translation.entry_point_names {
            entry.unwrap_or_else(|error| panic!("MSL, {name}: {error}"));
        }

        // The models of wgpu's two compilers.
        for shader_model in [hlsl::ShaderModel::V5_1, hlsl::ShaderModel::V6_0] {
            let options = hlsl::Options {
                shader_model,
                ..Default::default()
            };
            let (mut text, pipeline) = (String::new(), Default::default());
            let reflection = hlsl::Writer::new(&mut text, &options, &pipeline)
                .write(&module, &info, None)
                .unwrap_or_else(|error| panic!("HLSL {shader_model:?}, {name}: {error}"));
            for entry in reflection.entry_point_names {
                entry.unwrap_or_else(|error| panic!("HLSL {shader_model:?}, {name}: {error}"));
            }
        }
    }
}
