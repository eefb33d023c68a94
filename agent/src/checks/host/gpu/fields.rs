//! Which columns nvidia-smi is asked for: a driver that does not know one of them answers nothing at all, and names it.

const SLOWDOWN: &str = "clocks_event_reasons.hw_thermal_slowdown";
const REMAPPING: &str = "remapped_rows.failure";
const RECOVERY: &str = "gpu_recovery_action";

/// The columns that a driver may not know; the others are as old as nvidia-smi.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The name that the slowdown has since driver 535.
    newer_slowdown: bool,
    pub remapping: bool,
    /// Since driver 570.
    pub recovery: bool,
}

impl Default for Fields {
    /// All of them, as the newest driver knows them.
    fn default() -> Self {
        Self { newer_slowdown: true, remapping: true, recovery: true }
    }
}

impl Fields {
    /// In the order of the columns.
    pub fn names(self) -> Vec<&'static str> {
        let slowdown =
            if self.newer_slowdown { SLOWDOWN } else { "clocks_throttle_reasons.hw_thermal_slowdown" };
        let always = ["index", "temperature.gpu", slowdown, "ecc.errors.uncorrected.volatile.total"];
        let optional = [(self.remapping, REMAPPING), (self.recovery, RECOVERY)];
        let optional = optional.into_iter().filter_map(|(is_asked, name)| is_asked.then_some(name));
        always.into_iter().chain(optional).collect()
    }

    /// Without the one that a driver says it does not know, and without those that are younger; none where nothing is left
    /// to leave out.
    pub fn without(self, said: &str) -> Option<Self> {
        let fewer = if said.contains(REMAPPING) {
            Self { remapping: false, ..self }
        } else if said.contains(RECOVERY) {
            Self { recovery: false, ..self }
        } else if said.contains(SLOWDOWN) {
            Self { newer_slowdown: false, recovery: false, ..self }
        } else {
            Self { newer_slowdown: false, remapping: false, recovery: false }
        };
        (fewer != self).then_some(fewer)
    }
}
