//! The names of ARM's cores, which tell numbers only: by the kernel's list (arch/arm64/include/asm/cputype.h),
//! as far as such are found in servers and in small computers.

/// Who made it, which it is, and its name.
const CORES: [(&str, &str, &str); 66] = [
    ("0x41", "0xb76", "ARM1176"),
    ("0x41", "0xc05", "Cortex-A5"),
    ("0x41", "0xc07", "Cortex-A7"),
    ("0x41", "0xc08", "Cortex-A8"),
    ("0x41", "0xc09", "Cortex-A9"),
    ("0x41", "0xc0d", "Cortex-A17"),
    ("0x41", "0xc0e", "Cortex-A17"),
    ("0x41", "0xc0f", "Cortex-A15"),
    ("0x41", "0xd01", "Cortex-A32"),
    ("0x41", "0xd02", "Cortex-A34"),
    ("0x41", "0xd03", "Cortex-A53"),
    ("0x41", "0xd04", "Cortex-A35"),
    ("0x41", "0xd05", "Cortex-A55"),
    ("0x41", "0xd06", "Cortex-A65"),
    ("0x41", "0xd07", "Cortex-A57"),
    ("0x41", "0xd08", "Cortex-A72"),
    ("0x41", "0xd09", "Cortex-A73"),
    ("0x41", "0xd0a", "Cortex-A75"),
    ("0x41", "0xd0b", "Cortex-A76"),
    ("0x41", "0xd0c", "Neoverse-N1"),
    ("0x41", "0xd0d", "Cortex-A77"),
    ("0x41", "0xd0e", "Cortex-A76AE"),
    ("0x41", "0xd40", "Neoverse-V1"),
    ("0x41", "0xd41", "Cortex-A78"),
    ("0x41", "0xd42", "Cortex-A78AE"),
    ("0x41", "0xd44", "Cortex-X1"),
    ("0x41", "0xd46", "Cortex-A510"),
    ("0x41", "0xd47", "Cortex-A710"),
    ("0x41", "0xd48", "Cortex-X2"),
    ("0x41", "0xd49", "Neoverse-N2"),
    ("0x41", "0xd4a", "Neoverse-E1"),
    ("0x41", "0xd4b", "Cortex-A78C"),
    ("0x41", "0xd4c", "Cortex-X1C"),
    ("0x41", "0xd4d", "Cortex-A715"),
    ("0x41", "0xd4e", "Cortex-X3"),
    ("0x41", "0xd4f", "Neoverse-V2"),
    ("0x41", "0xd80", "Cortex-A520"),
    ("0x41", "0xd81", "Cortex-A720"),
    ("0x41", "0xd82", "Cortex-X4"),
    ("0x41", "0xd83", "Neoverse-V3AE"),
    ("0x41", "0xd84", "Neoverse-V3"),
    ("0x41", "0xd85", "Cortex-X925"),
    ("0x41", "0xd87", "Cortex-A725"),
    ("0x41", "0xd8e", "Neoverse-N3"),
    ("0x42", "0x516", "ThunderX2"),
    ("0x43", "0x0a0", "ThunderX"),
    ("0x43", "0x0a1", "ThunderX-88XX"),
    ("0x43", "0x0a2", "ThunderX-81XX"),
    ("0x43", "0x0a3", "ThunderX-83XX"),
    ("0x43", "0x0af", "ThunderX2-99xx"),
    ("0x43", "0x0b8", "ThunderX3-T110"),
    ("0x46", "0x001", "A64FX"),
    ("0x48", "0xd01", "TaiShan-v110"),
    ("0x48", "0xd02", "TaiShan-v120"),
    ("0x4e", "0x004", "Carmel"),
    ("0x4e", "0x010", "Olympus"),
    ("0x50", "0x000", "X-Gene"),
    ("0x51", "0x001", "Oryon"),
    ("0x51", "0xc00", "Falkor"),
    ("0x6d", "0xd49", "Azure-Cobalt-100"),
    ("0x70", "0x662", "FTC662"),
    ("0x70", "0x663", "FTC663"),
    ("0x70", "0x862", "FTC862"),
    ("0xc0", "0xac3", "Ampere-1"),
    ("0xc0", "0xac4", "Ampere-1a"),
    ("0xc0", "0xac5", "Ampere-1b"),
];

/// The name of a core by what /proc/cpuinfo tells as `CPU implementer` and `CPU part`.
pub fn name(implementer: &str, part: &str) -> Option<&'static str> {
    let known = CORES.iter().find(|(by, which, _)| [*by, *which] == [implementer, part]);
    known.map(|(.., name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_once_and_in_order() {
        assert!(CORES.is_sorted_by_key(|(by, which, _)| (*by, *which)));
        assert_eq!(name("0x41", "0xd84"), Some("Neoverse-V3"));
        assert_eq!(name("0x41", "0xfff"), None);
    }
}
