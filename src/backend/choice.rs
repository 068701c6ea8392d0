//! Where to run, as a user says it.

use super::gpu::adapter::AdapterInfo;
use super::gpu::error::GpuError;
use crate::params::quoted;
use std::fmt;
use std::str::FromStr;

/// Where networks should run: `auto`, `cpu`, `gpu`, `gpu:N`, a PCI address or a part of a GPU's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The best GPU; without one the native backend, which beats a GPU in software. WSL2's translation of Vulkan to
    /// DX12 is not taken.
    #[default]
    Auto,
    /// The native backend.
    Cpu,
    /// The best GPU; one in software if there is no other.
    Gpu,
    /// The GPU of this number in the list.
    GpuIndex(usize),
    /// The GPU at this place on the PCI bus, as `lspci` writes it: `0000:01:00.0`, or `01:00.0` in the first domain.
    Pci(String),
    /// The best GPU whose name contains this, in any case.
    NamePart(String),
}

/// A choice that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is not a device: give auto, cpu, gpu, gpu:N, a PCI address or a part of a GPU's name",
    quoted(.0)
)]
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
                None => Ok(pci(lower).map_or_else(|| Self::NamePart(text.into()), Self::Pci)),
            },
        }
    }
}

/// A PCI address with its domain, from text in lower case.
fn pci(text: &str) -> Option<String> {
    let hex = |part: &str, digits| {
        part.len() == digits && part.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    let (place, function) = text.rsplit_once('.')?;
    let parts: Vec<&str> = place.split(':').collect();
    let (domain, bus, device) = match parts[..] {
        [bus, device] => ("0000", bus, device),
        // nvidia-smi writes eight digits.
        [domain, bus, device] if domain.len() == 8 => (domain.strip_prefix("0000")?, bus, device),
        [domain, bus, device] => (domain, bus, device),
        _ => return None,
    };
    let written = hex(domain, 4) && hex(bus, 2) && hex(device, 2) && hex(function, 1);
    written.then(|| format!("{domain}:{bus}:{device}.{function}"))
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::GpuIndex(index) => write!(f, "gpu:{index}"),
            Self::Pci(address) => f.write_str(address),
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
            Self::Auto => return Ok(adapters.iter().position(|info| !info.is_second_choice())),
            Self::Gpu => (!adapters.is_empty()).then_some(0),
            Self::GpuIndex(index) => (*index < adapters.len()).then_some(*index),
            Self::Pci(address) => {
                let here = |info: &AdapterInfo| info.pci.as_ref() == Some(address);
                adapters.iter().position(here)
            }
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
    use crate::backend::DeviceKind::{Discrete, Integrated, Software};
    use crate::backend::gpu::adapter::tests::info;

    #[test]
    fn what_is_displayed_is_read_back() {
        for text in ["auto", "cpu", "gpu", "gpu:3", "0000:01:00.0", "RTX 4090"] {
            let choice: DeviceChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), text);
        }
        assert_eq!(" GPU:1 ".parse(), Ok(DeviceChoice::GpuIndex(1)));
        let address = DeviceChoice::Pci("0000:0a:00.1".into());
        for text in ["0A:00.1", "0000:0a:00.1", "00000000:0A:00.1"] {
            assert_eq!(text.parse(), Ok(address.clone()));
        }
        // Not written as an address.
        for text in ["1:0.0", "RTX:20.1", "0000:01:00", "x:0000:01:00.0"] {
            assert_eq!(text.parse(), Ok(DeviceChoice::NamePart(text.into())));
        }
        for text in ["", "  ", "gpu:", "gpu:-1", "gpu:first"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn automatic_choice_takes_no_software() {
        let software = [info(0, "llvmpipe", Software)];
        assert_eq!(DeviceChoice::Auto.among(&software), Ok(None));
        assert_eq!(DeviceChoice::Gpu.among(&software), Ok(Some(0)));
        let wsl2 = [info(0, "Microsoft Direct3D12 (RTX 4090)", Discrete)];
        assert_eq!(DeviceChoice::Auto.among(&wsl2), Ok(None));
        assert_eq!(DeviceChoice::Gpu.among(&wsl2), Ok(Some(0)));
        assert_eq!(DeviceChoice::Auto.among(&[]), Ok(None));
        assert_eq!(DeviceChoice::Gpu.among(&[]), Err(GpuError::NoAdapter));
    }

    #[test]
    fn a_gpu_is_found_by_number_address_or_name() {
        let all = [
            info(0, "NVIDIA RTX 4090", Discrete),
            AdapterInfo {
                pci: Some("0000:00:02.0".into()),
                ..info(1, "Intel Iris Xe", Integrated)
            },
            info(2, "llvmpipe", Software),
        ];
        let among = |text: &str| text.parse::<DeviceChoice>().unwrap().among(&all);
        assert_eq!(among("auto"), Ok(Some(0)));
        assert_eq!(among("cpu"), Ok(None));
        assert_eq!(among("gpu:1"), Ok(Some(1)));
        assert_eq!(among("iris"), Ok(Some(1)));
        assert_eq!(among("00:02.0"), Ok(Some(1)));
        assert!(matches!(among("02:00.0"), Err(GpuError::NotFound { .. })));
        let error = among("radeon").unwrap_err().to_string();
        assert!(
            error.contains("radeon") && error.contains("gpu:1 Intel Iris Xe"),
            "{error}"
        );
        assert!(matches!(among("gpu:3"), Err(GpuError::NotFound { .. })));
    }
}
