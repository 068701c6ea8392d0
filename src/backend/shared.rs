//! A device that several owners share.

use super::{
    Backend, BackendError, DeviceKind, Frozen, Record, Session, SpikeCounts, TestImage, TestImages,
    Traffic,
};
use crate::network::Network;
use std::sync::Arc;

impl<T: Backend + ?Sized> Backend for Arc<T> {
    fn device(&self) -> &str {
        (**self).device()
    }

    fn kind(&self) -> DeviceKind {
        (**self).kind()
    }

    fn networks_at_once(&self) -> usize {
        (**self).networks_at_once()
    }

    fn traffic(&self) -> Option<Traffic> {
        (**self).traffic()
    }

    fn start(&self, networks: Vec<Network>) -> Result<Box<dyn Session + '_>, BackendError> {
        (**self).start(networks)
    }

    fn test(
        &self,
        networks: &[Frozen<'_>],
        images: TestImages<'_>,
    ) -> Result<Vec<SpikeCounts>, BackendError> {
        (**self).test(networks, images)
    }

    fn record_test(
        &self,
        network: Frozen<'_>,
        image: TestImage<'_>,
        watch: &[u32],
    ) -> Result<Record, BackendError> {
        (**self).record_test(network, image, watch)
    }
}
