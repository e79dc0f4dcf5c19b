//! Sensors of chips and thermal zones, in node_exporter's words.

use super::families::check;

/// The files of a chip, and what is in them.
const CHIP: &str = "
name coretemp
temp1_input 55000
temp1_crit 100000
temp1_label Core 0
fan2_input 1098
fan2_alarm 0
in0_input 792
power1_average 1500000
temp2_input not now
uevent x
fan2_beep 1
fan2_pulses 2
cpu0_vid 1250
pwm1 128
pwm1_auto_point2_pwm 255
intrusion0_alarm 1
intrusion0_beep 0
beep_enable 1
update_interval 1500
vrm 91
power1_accuracy 500000
power1_average_interval 250
freq1_input 214000000
freq1_label SCLK
freq2_input 300000000
temp1_type 4
";

#[test]
fn sensors_in_node_exporters_words() {
    let chip = "sys/devices/platform/coretemp.0/hwmon/hwmon0";
    let rows = CHIP.trim().lines().map(|row| row.split_once(' ').unwrap());
    let rows: Vec<_> =
        rows.map(|(file, text)| (format!("{chip}/{file}"), format!("{text}\n"))).collect();
    let mut files: Vec<(&str, &str)> = rows.iter().map(|(path, text)| (&**path, &**text)).collect();
    files.extend([
        ("sys/class/hwmon/hwmon0", "-> ../../devices/platform/coretemp.0/hwmon/hwmon0"),
        ("sys/devices/platform/coretemp.0/hwmon/hwmon0/device", "-> ../../../coretemp.0"),
        ("sys/class/hwmon/hwmon1/name", "nct6779\n"),
        ("sys/class/hwmon/hwmon1/temp1_input", "-5500\n"),
        ("sys/class/hwmon/hwmon2/name", "nct6779\n"),
        ("sys/class/hwmon/hwmon2/temp1_input", "-5500\n"),
    ]);
    check(
        &files,
        "node_hwmon_",
        &[
            "node_hwmon_beep_enabled{chip=\"platform_coretemp_0\",sensor=\"beep_enable0\"} 1",
            "node_hwmon_chip_names{chip=\"nct6779\",chip_name=\"nct6779\"} 1",
            "node_hwmon_chip_names{chip=\"platform_coretemp_0\",chip_name=\"coretemp\"} 1",
            "node_hwmon_cpu_vid_volts{chip=\"platform_coretemp_0\",sensor=\"cpu0\"} 1.25",
            "node_hwmon_fan_alarm{chip=\"platform_coretemp_0\",sensor=\"fan2\"} 0",
            "node_hwmon_fan_beep_enabled{chip=\"platform_coretemp_0\",sensor=\"fan2\"} 1",
            "node_hwmon_fan_pulses{chip=\"platform_coretemp_0\",sensor=\"fan2\"} 2",
            "node_hwmon_fan_rpm{chip=\"platform_coretemp_0\",sensor=\"fan2\"} 1098",
            "node_hwmon_freq_freq_mhz{chip=\"platform_coretemp_0\",sensor=\"sclk\"} 214",
            "node_hwmon_in_volts{chip=\"platform_coretemp_0\",sensor=\"in0\"} 0.792",
            "node_hwmon_intrusion_alarm{chip=\"platform_coretemp_0\",sensor=\"intrusion0\"} 1",
            "node_hwmon_intrusion_beep_enabled{chip=\"platform_coretemp_0\",sensor=\"intrusion0\"} 0",
            "node_hwmon_power_accuracy{chip=\"platform_coretemp_0\",sensor=\"power1\"} 0.5",
            "node_hwmon_power_average_interval_seconds{chip=\"platform_coretemp_0\",sensor=\"power1\"} 0.25",
            "node_hwmon_power_average_watt{chip=\"platform_coretemp_0\",sensor=\"power1\"} 1.5",
            "node_hwmon_pwm_auto_point2_pwm{chip=\"platform_coretemp_0\",sensor=\"pwm1\"} 255",
            "node_hwmon_pwm{chip=\"platform_coretemp_0\",sensor=\"pwm1\"} 128",
            "node_hwmon_sensor_label{chip=\"platform_coretemp_0\",label=\"Core 0\",sensor=\"temp1\"} 1",
            "node_hwmon_sensor_label{chip=\"platform_coretemp_0\",label=\"SCLK\",sensor=\"freq1\"} 1",
            "node_hwmon_temp_celsius{chip=\"nct6779\",sensor=\"temp1\"} -5.5",
            "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 55",
            "node_hwmon_temp_crit_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 100",
            "node_hwmon_temp_type{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 4",
            "node_hwmon_update_interval_seconds{chip=\"platform_coretemp_0\",sensor=\"update_interval0\"} 1.5",
            "node_hwmon_voltage_regulator_version{chip=\"platform_coretemp_0\",sensor=\"vrm0\"} 91",
        ],
    );
}

#[test]
fn thermal_zones_and_what_cools_them() {
    let thermal = "sys/class/thermal";
    check(
        &[
            (&format!("{thermal}/thermal_zone0/type"), "x86_pkg_temp\n"),
            (&format!("{thermal}/thermal_zone0/temp"), "44000\n"),
            (&format!("{thermal}/thermal_zone1/type"), "off\n"),
        ],
        "node_thermal_zone_temp",
        &["node_thermal_zone_temp{type=\"x86_pkg_temp\",zone=\"0\"} 44"],
    );
    check(
        &[
            (&format!("{thermal}/cooling_device0/type"), "Processor\n"),
            (&format!("{thermal}/cooling_device0/cur_state"), "1\n"),
            (&format!("{thermal}/cooling_device0/max_state"), "3\n"),
        ],
        "node_cooling_device_",
        &[
            "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} 1",
            "node_cooling_device_max_state{name=\"0\",type=\"Processor\"} 3",
        ],
    );
}
