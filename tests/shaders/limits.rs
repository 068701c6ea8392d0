//! wgpu leaves the size of workgroup memory to the driver, and lavapipe has more than WebGPU promises.

use super::*;
use naga::AddressSpace;
use naga::proc::Layouter;

#[test]
fn every_entry_point_stays_within_the_limits_that_webgpu_promises() {
    let limits = wgpu::Limits::defaults();
    for Shader { name, module, info } in shaders() {
        let mut layouter = Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        for (at, entry) in module.entry_points.iter().enumerate() {
            let (uses, name) = (info.get_entry_point(at), format!("{}, {name}", entry.name));
            let used = (module.global_variables.iter())
                .filter(|(variable, _)| !uses[*variable].is_empty())
                .map(|(_, variable)| variable);
            let (mut memory, mut buffers) = (0, 0);
            for variable in used {
                match variable.space {
                    // WebGPU rounds each up.
                    AddressSpace::WorkGroup => {
                        memory += layouter[variable.ty].size.next_multiple_of(16);
                    }
                    AddressSpace::Storage { .. } => buffers += 1,
                    _ => (),
                }
            }
            let threads: u32 = entry.workgroup_size.iter().product();
            let most = limits.max_compute_workgroup_storage_size.min(16_384);
            assert!(memory <= most, "{name}: {memory} bytes of workgroup memory");
            let most = limits.max_storage_buffers_per_shader_stage.min(8);
            assert!(buffers <= most, "{name}: {buffers} storage buffers");
            let most = limits.max_compute_invocations_per_workgroup.min(256);
            assert!(threads <= most, "{name}: {threads} threads");
        }
    }
}
