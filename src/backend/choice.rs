//! Where to run, as a user says it.

use super::gpu::adapter::AdapterInfo;
use super::gpu::error::GpuError;
use crate::params::quoted;
use std::fmt;
use std::str::FromStr;

/// Where networks should run: `auto`, `cpu`, `gpu`, `gpu:N` or a part of a GPU's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best GPU; without one the native backend, which beats a GPU in software.
    #[default]
    Auto,
    /// The native backend.
    Cpu,
    /// The best GPU; one in software if there is no other.
    Gpu,
    /// The GPU of this number in the list.
    GpuIndex(usize),
    /// The best GPU whose name contains this, in any case.
    NamePart(String),
}

/// A choice that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a device: give auto, cpu, gpu, gpu:N or a part of a GPU's name", quoted(.0))]
pub struct ChoiceError(String);

impl FromStr for DeviceChoice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        let text = text.trim();
        match text.to_lowercase().as_str() {
            "" => Err(ChoiceError(text.into())),
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            lower => match lower.strip_prefix("gpu:") {
                Some(number) => number
                    .parse()
                    .map(Self::GpuIndex)
                    .map_err(|_| ChoiceError(text.into())),
                None => Ok(Self::NamePart(text.into())),
            },
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::GpuIndex(index) => write!(f, "gpu:{index}"),
            Self::NamePart(part) => f.write_str(part),
        }
    }
}

impl DeviceChoice {
    /// The index of the adapter that is meant, or none for the native backend. `adapters` are in the
    /// order of [`super::gpu::adapter::adapters`], the best first.
    ///
    /// # Errors
    /// When a GPU is asked for that is not there.
    pub fn among(&self, adapters: &[AdapterInfo]) -> Result<Option<usize>, GpuError> {
        let found = match self {
            Self::Cpu => return Ok(None),
            Self::Auto => return Ok(adapters.iter().position(|info| !info.is_software())),
            Self::Gpu => (!adapters.is_empty()).then_some(0),
            Self::GpuIndex(index) => (*index < adapters.len()).then_some(*index),
            Self::NamePart(part) => {
                let part = part.to_lowercase();
                adapters
                    .iter()
                    .position(|info| info.name.to_lowercase().contains(&part))
            }
        };
        match found {
            Some(index) => Ok(Some(index)),
            None if adapters.is_empty() => Err(GpuError::NoAdapter),
            None => Err(GpuError::NotFound {
                asked: self.to_string(),
                available: adapters.iter().map(ToString::to_string).collect(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::adapter::tests::info;
    use wgpu::DeviceType::{Cpu, DiscreteGpu, IntegratedGpu};

    #[test]
    fn what_is_displayed_is_read_back() {
        for text in ["auto", "cpu", "gpu", "gpu:3", "RTX 4090"] {
            let choice: DeviceChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!(" GPU:1 ".parse(), Ok(DeviceChoice::GpuIndex(1)));
        for text in ["", "  ", "gpu:", "gpu:-1", "gpu:first"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn automatic_choice_takes_no_software() {
        let software = [info(0, "llvmpipe", Cpu)];
        assert_eq!(DeviceChoice::Auto.among(&software), Ok(None));
        assert_eq!(DeviceChoice::Gpu.among(&software), Ok(Some(0)));
        assert_eq!(DeviceChoice::Auto.among(&[]), Ok(None));
        assert_eq!(DeviceChoice::Gpu.among(&[]), Err(GpuError::NoAdapter));
    }

    #[test]
    fn a_gpu_is_found_by_number_or_name() {
        let all = [
            info(0, "NVIDIA RTX 4090", DiscreteGpu),
            info(1, "Intel Iris Xe", IntegratedGpu),
            info(2, "llvmpipe", Cpu),
        ];
        let among = |text: &str| text.parse::<DeviceChoice>().unwrap().among(&all);
        assert_eq!(among("auto"), Ok(Some(0)));
        assert_eq!(among("cpu"), Ok(None));
        assert_eq!(among("gpu:1"), Ok(Some(1)));
        assert_eq!(among("iris"), Ok(Some(1)));
        let error = among("radeon").unwrap_err().to_string();
        assert!(
            error.contains("radeon") && error.contains("gpu:1 Intel Iris Xe"),
            "{error}"
        );
        assert!(matches!(among("gpu:3"), Err(GpuError::NotFound { .. })));
    }
}
