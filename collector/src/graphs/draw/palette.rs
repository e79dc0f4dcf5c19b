//! Colours: few, safe for the colour-blind, always with the same meaning. Each line stands out from
//! paper and bands at 3 : 1, each word at 4.5 : 1, in both themes.

use plotters::style::RGBColor;

use crate::graphs::definition::Colour;
use crate::latency::LOSS_CLASSES;

/// For light or dark surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark ink on white paper.
    #[default]
    Light,
    /// Light ink on dark paper.
    Dark,
}

pub struct Palette {
    pub received: RGBColor,
    pub sent: RGBColor,
    pub limit: RGBColor,
    pub warning: RGBColor,
    pub people: RGBColor,
    /// Tell apart what has no colour of its own.
    pub hues: [RGBColor; HUES],
    /// What was lost, by class: from nothing to all.
    pub losses: [RGBColor; LOSSES],
    pub neutral: RGBColor,
    pub grid: RGBColor,
    pub text: RGBColor,
    pub paper: RGBColor,
    pub band: RGBColor,
}

/// How many classes of loss there are.
const LOSSES: usize = LOSS_CLASSES.len();

/// From what is fine over blue and violet to what is bad, as SmokePing has them, each of which stands out
/// from paper; the order is that of lightness, too.
const LOSSES_LIGHT: [u32; LOSSES] = [
    0x00_8A_5E, 0x00_7F_C4, 0x3B_5F_D9, 0x7E_3F_D0, 0xB0_2F_B8, 0xC8_4A_00, 0xC0_1F_1F, 0x7A_00_00,
];
const LOSSES_DARK: [u32; LOSSES] = [
    0x2C_C7_9B, 0x4F_B4_F5, 0x84_9D_FF, 0xB7_8C_FF, 0xEE_7C_F2, 0xFF_9A_4C, 0xFF_6B_6B, 0xFF_B3_B3,
];

/// How many hues tell things apart that have no colour of their own.
const HUES: usize = Colour::HUES as usize;

/// The same hues in the same order, darker and lighter: neighbours differ in hue and in lightness.
const HUES_LIGHT: [u32; HUES] = [
    0x44_77_AA, 0x22_88_33, 0xAA_33_77, 0xA6_78_00, 0x0E_8A_A3, 0xC2_3B_4E, 0x7A_4F_BF, 0x64_82_1F,
    0x8C_5A_3C, 0x2F_5D_62, 0xCF_5F_9A, 0x5B_6B_8C,
];
const HUES_DARK: [u32; HUES] = [
    0x6F_9F_D0, 0x4D_B3_5E, 0xCE_66_A3, 0xD9_CA_5F, 0x5F_D0_E0, 0xF0_7F_8A, 0xB4_9A_F0, 0xA9_C6_4A,
    0xC8_9A_78, 0x6F_B8_B0, 0xF2_A6_CE, 0xA5_B4_D4,
];

impl Palette {
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                received: colour(0x00_7A_5A),
                sent: colour(0x00_72_B2),
                limit: colour(0xB8_4A_00),
                warning: colour(0xA8_6A_00),
                people: colour(0xAD_4F_87),
                hues: HUES_LIGHT.map(colour),
                losses: LOSSES_LIGHT.map(colour),
                neutral: colour(0x5B_64_72),
                grid: colour(0xE1_E4_E9),
                text: colour(0x11_18_27),
                paper: colour(0xFF_FF_FF),
                band: colour(0xF3_F4_F6),
            },
            Theme::Dark => Self {
                received: colour(0x2C_C7_9B),
                sent: colour(0x56_B4_E9),
                limit: colour(0xFF_8A_4C),
                warning: colour(0xF2_B8_4B),
                people: colour(0xE6_A6_CA),
                hues: HUES_DARK.map(colour),
                losses: LOSSES_DARK.map(colour),
                neutral: colour(0x9C_A3_AF),
                grid: colour(0x2A_33_3D),
                text: colour(0xE5_E7_EB),
                paper: colour(0x0F_14_19),
                band: colour(0x17_1D_24),
            },
        }
    }

    /// The colour of a line.
    pub fn line(&self, colour: Colour) -> RGBColor {
        match colour {
            Colour::Sent => self.sent,
            Colour::Received => self.received,
            Colour::People => self.people,
            Colour::Warning => self.warning,
            Colour::Bad => self.limit,
            Colour::Neutral => self.neutral,
            Colour::First => self.hues[0],
            Colour::Second => self.hues[1],
            Colour::Third => self.hues[2],
            Colour::Fourth => self.hues[3],
            Colour::Fifth => self.hues[4],
            Colour::Numbered(number) => self.hues[number as usize % HUES],
        }
    }
}

fn colour(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}
