//! Colours: few, safe for the colour-blind, always with the same meaning.

use plotters::style::RGBColor;

use crate::graphs::definition::Colour;

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
    /// Tell apart what has no colour of its own (after Tol's "bright").
    pub hues: [RGBColor; 5],
    pub neutral: RGBColor,
    pub grid: RGBColor,
    pub text: RGBColor,
    pub paper: RGBColor,
    pub band: RGBColor,
}

impl Palette {
    pub fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => Self {
                received: colour(0x00_9E_73),
                sent: colour(0x00_72_B2),
                limit: colour(0xD5_5E_00),
                warning: colour(0xE6_9F_00),
                people: colour(0xCC_79_A7),
                hues: [0x44_77_AA, 0x66_CC_EE, 0x22_88_33, 0xCC_BB_44, 0xAA_33_77].map(colour),
                neutral: colour(0x6B_72_80),
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
                hues: [0x6F_9F_D0, 0x7F_D8_F5, 0x4D_B3_5E, 0xD9_CA_5F, 0xCE_66_A3].map(colour),
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
        }
    }
}

fn colour(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}
