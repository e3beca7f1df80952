//! VolumeBinding: the storage that a pod claims must be there before it is placed.
//!
//! Left out: PersistentVolumeClaims themselves. There are none in this cluster, so whoever names one waits for it, as a
//! pod with a misspelled claim does.

use crate::object::Pod;

/// Why the pod cannot be placed anywhere, if it names a claim; the same text for all nodes together (`PreFilter`).
pub fn missing(pod: &Pod) -> Option<String> {
    let mut volumes = pod.spec.volumes.iter().flatten();
    let claim = volumes.find_map(|volume| volume.persistent_volume_claim.as_ref())?;
    Some(format!("persistentvolumeclaim \"{}\" not found", claim.claim_name))
}
