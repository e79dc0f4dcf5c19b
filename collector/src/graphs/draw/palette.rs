//! Colours: few, safe for the colour-blind, always with the same meaning.

use plotters::style::RGBColor;

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
                neutral: colour(0x9C_A3_AF),
                grid: colour(0x2A_33_3D),
                text: colour(0xE5_E7_EB),
                paper: colour(0x0F_14_19),
                band: colour(0x17_1D_24),
            },
        }
    }

    /// The colour of a line by its name.
    pub fn line(&self, name: &str) -> RGBColor {
        match name {
            "sent" => self.sent,
            "received" => self.received,
            _ => self.neutral,
        }
    }
}

fn colour(hex: u32) -> RGBColor {
    let [_, red, green, blue] = hex.to_be_bytes();
    RGBColor(red, green, blue)
}
