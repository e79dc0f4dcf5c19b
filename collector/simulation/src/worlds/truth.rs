//! What is drawn of a world, and the constants that it is drawn around.

use super::super::chance::Chance;

/// What streams take, and how far hosts, meetings and minutes are from it, each as the standard
/// deviation of a logarithm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// Audio of a person as interfaces count it, in Mbit/s.
    pub audio_mbit: f64,
    /// Web traffic to a person.
    pub web_out_mbit: f64,
    /// Web traffic from a person.
    pub web_in_mbit: f64,
    /// Cameras in a room from which each sends so many Mbit/s, rising.
    pub camera_mbit: [(u32, f64); 7],
    /// A screen share.
    pub screen_mbit: f64,
    /// Cameras that a viewer is sent; none: all.
    pub page: Option<u32>,
    /// Of audio, cameras and shares, between hosts.
    pub host_spread: [f64; 3],
    /// Of audio, cameras and shares, between meetings of a host.
    pub meeting_spread: [f64; 3],
    /// Of what a room sends from minute to minute, of all that is sent likewise, and from day to day.
    pub noise: [f64; 3],
    /// Of cores that a microphone, a stream and a person take, between hosts.
    pub core_spread: f64,
    /// Of growth in a month.
    pub growth_spread: f64,
}

impl Default for Constants {
    fn default() -> Self {
        // Payload in packets of 1100 B with 64 B of headers each.
        let video = |kbit: f64| kbit * 1e-3 * (1.0 + 64.0 / 1100.0);
        Self {
            audio_mbit: 0.0656,
            web_out_mbit: 0.0112,
            web_in_mbit: 0.0028,
            camera_mbit: [
                (0, video(200.0)),
                (8, video(100.0)),
                (12, video(90.0)),
                (15, video(70.0)),
                (20, video(50.0)),
                (25, video(40.0)),
                (30, video(30.0)),
            ],
            screen_mbit: video(900.0),
            page: Some(5),
            host_spread: [0.12, 0.25, 0.40],
            meeting_spread: [0.05, 0.20, 0.45],
            noise: [0.06, 0.03, 0.02],
            core_spread: 0.25,
            growth_spread: 0.08,
        }
    }
}

impl Constants {
    /// What one camera sends in a room with so many.
    pub(super) fn camera(&self, cameras: u32) -> f64 {
        let class = self.camera_mbit.iter().rfind(|(from, _)| cameras >= *from);
        class.map_or(0.0, |(_, mbit)| *mbit)
    }
}

/// What was drawn of one world.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// Factors on the constants: audio, cameras, shares.
    pub factors: [f64; 3],
    /// What leaves the host when nobody is there, in Mbit/s.
    pub base_mbit: f64,
    /// How much is met here, around 1.
    pub scale: f64,
    /// Growth in a month, as a logarithm.
    pub monthly_growth: f64,
    /// Cores of a microphone, of a stream that is handed out, of a person.
    pub cores: [f64; 3],
    /// mediasoup's workers.
    pub workers: u32,
}

impl Truth {
    pub(super) fn drawn(chance: &mut Chance, constants: &Constants) -> Self {
        let factors = constants.host_spread.map(|spread| chance.log_normal(spread));
        let person = 0.007 + 0.004 * chance.unit();
        let cores = [1.0 / 50.0, 1.0 / 500.0, person];
        Self {
            factors,
            base_mbit: 0.02 + 0.3 * chance.unit(),
            scale: chance.log_normal(0.3),
            monthly_growth: constants.growth_spread * chance.normal(),
            cores: cores.map(|core| core * chance.log_normal(constants.core_spread)),
            workers: chance.between(4, 12) as u32,
        }
    }
}
