//! Volumes: what instances write that is to outlive them.

use super::{Engine, Labels, Part, Trouble, container::unless};
use bollard::{
    models::VolumeCreateRequest,
    query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptions},
};
use ha_core::backend::Scope;

impl Engine {
    /// Makes sure that there is a volume of this name.
    pub async fn ensure_volume(&self, name: &str, labels: &Labels) -> Result<(), Trouble> {
        let wanted = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(labels.written()),
            ..VolumeCreateRequest::default()
        };
        self.call("making a volume", self.client().create_volume(wanted)).await.map(|_| ())
    }

    /// The names of a scope's volumes.
    pub async fn volumes(&self, scope: &Scope) -> Result<Vec<String>, Trouble> {
        let filters = Labels::filter(Some(scope), Some(Part::Volume));
        let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
        let found = self.call("listing volumes", self.client().list_volumes(Some(options))).await?;
        let mut names: Vec<String> = found.volumes.unwrap_or_default().into_iter().map(|volume| volume.name).collect();
        names.sort();
        Ok(names)
    }

    /// Removes a volume with all that is in it.
    pub async fn remove_volume(&self, name: &str) -> Result<(), Trouble> {
        let remove = self.client().remove_volume(name, None::<RemoveVolumeOptions>);
        unless(self.call("removing a volume", remove).await, &[404])
    }
}
