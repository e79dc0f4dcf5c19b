//! Clocks, sensors, arrays of disks and what else a host is made of, under node_exporter's names.

super::metrics! { HARDWARE:
    NODE_SCHEDSTAT_RUNNING_SECONDS_TOTAL =
        Counter "node_schedstat_running_seconds_total" in Seconds by ["cpu"],
        "Time in which tasks ran on a core.";
    NODE_SCHEDSTAT_WAITING_SECONDS_TOTAL =
        Counter "node_schedstat_waiting_seconds_total" in Seconds by ["cpu"],
        "Time in which tasks could have run and waited for a core.";
    NODE_SCHEDSTAT_TIMESLICES_TOTAL = Counter "node_schedstat_timeslices_total" by ["cpu"],
        "Turns that tasks had on a core.";
    NODE_FILEFD_ALLOCATED = Gauge "node_filefd_allocated",
        "Files that are open.";
    NODE_FILEFD_MAXIMUM = Gauge "node_filefd_maximum",
        "The most files that may be open.";
    NODE_ENTROPY_AVAILABLE_BITS = Gauge "node_entropy_available_bits",
        "Randomness that the kernel has gathered.";
    NODE_ENTROPY_POOL_SIZE_BITS = Gauge "node_entropy_pool_size_bits",
        "The most randomness that the kernel gathers.";
    NODE_SELINUX_ENABLED = Gauge "node_selinux_enabled",
        "1 if SELinux is on, 0 if not.";
    NODE_SELINUX_CURRENT_MODE = Gauge "node_selinux_current_mode",
        "1 if SELinux refuses what its rules forbid, 0 if it only tells.";
    NODE_TIME_CLOCKSOURCE_AVAILABLE_INFO =
        Info "node_time_clocksource_available_info" by ["clocksource", "device"],
        "A clock that the kernel could go by.";
    NODE_TIME_CLOCKSOURCE_CURRENT_INFO =
        Info "node_time_clocksource_current_info" by ["clocksource", "device"],
        "The clock that the kernel goes by.";
    NODE_TIME_ZONE_OFFSET_SECONDS =
        Gauge "node_time_zone_offset_seconds" in Seconds by ["time_zone"],
        "How far the host's time zone is ahead of UTC.";

    NODE_CPU_FREQUENCY_HERTZ = Gauge "node_cpu_frequency_hertz" by ["cpu"],
        "Frequency of a core as its hardware tells it.";
    NODE_CPU_FREQUENCY_MIN_HERTZ = Gauge "node_cpu_frequency_min_hertz" by ["cpu"],
        "The lowest frequency that a core can have.";
    NODE_CPU_FREQUENCY_MAX_HERTZ = Gauge "node_cpu_frequency_max_hertz" by ["cpu"],
        "The highest frequency that a core can have.";
    NODE_CPU_SCALING_FREQUENCY_HERTZ = Gauge "node_cpu_scaling_frequency_hertz" by ["cpu"],
        "Frequency of a core as the kernel sets it.";
    NODE_CPU_SCALING_FREQUENCY_MIN_HERTZ =
        Gauge "node_cpu_scaling_frequency_min_hertz" by ["cpu"],
        "The lowest frequency that the kernel may set.";
    NODE_CPU_SCALING_FREQUENCY_MAX_HERTZ =
        Gauge "node_cpu_scaling_frequency_max_hertz" by ["cpu"],
        "The highest frequency that the kernel may set.";
    NODE_CPU_SCALING_GOVERNOR = Gauge "node_cpu_scaling_governor" by ["cpu", "governor"],
        "1 for the rule by which the kernel sets a core's frequency, 0 for the others.";
    NODE_CPU_CORE_THROTTLES_TOTAL =
        Counter "node_cpu_core_throttles_total" by ["core", "package"],
        "How often a core was slowed down since it was too hot.";
    NODE_CPU_PACKAGE_THROTTLES_TOTAL = Counter "node_cpu_package_throttles_total" by ["package"],
        "How often a processor was slowed down since it was too hot.";

    NODE_CPU_INFO = Info "node_cpu_info" by [
        "cachesize", "core", "cpu", "family", "microcode", "model", "model_name", "package", "stepping",
        "vendor"
    ],
        "What a core is.";
    HEADROOM_CPU_PHYSICAL_CORES = Gauge "headroom_cpu_physical_cores",
        "Cores that the host really has, however many threads each runs.";

    NODE_MD_STATE = Gauge "node_md_state" by ["device", "state"],
        "1 for the state in which an array of disks is, 0 for the other states.";
    NODE_MD_DISKS = Gauge "node_md_disks" by ["device", "state"],
        "Disks of an array by how they are.";
    NODE_MD_DISKS_REQUIRED = Gauge "node_md_disks_required" by ["device"],
        "Disks that an array needs to be whole.";
    NODE_MD_BLOCKS = Gauge "node_md_blocks" by ["device"],
        "Size of an array in blocks of 1 KiB.";
    NODE_MD_BLOCKS_SYNCED = Gauge "node_md_blocks_synced" by ["device"],
        "Blocks of an array whose copies agree.";

    NODE_HWMON_ENERGY_JOULE_TOTAL = Counter "node_hwmon_energy_joule_total" by ["chip", "sensor"],
        "Energy that has flown.";
    NODE_HWMON = Gauge "node_hwmon_*" by ["chip", "chip_name", "label", "sensor"],
        "A figure of a sensor under the kernel's own name.";
    NODE_THERMAL_ZONE_TEMP = Gauge "node_thermal_zone_temp" by ["type", "zone"],
        "Temperature in degrees Celsius.";
    NODE_COOLING_DEVICE_CUR_STATE = Gauge "node_cooling_device_cur_state" by ["name", "type"],
        "How much something cools, in steps of its own.";
    NODE_COOLING_DEVICE_MAX_STATE = Gauge "node_cooling_device_max_state" by ["name", "type"],
        "The most that something cools.";
    NODE_NVME_INFO =
        Info "node_nvme_info" by ["device", "firmware_revision", "model", "state"],
        "What an NVMe disk is.";
    NODE_DISK_INFO =
        Info "node_disk_info" by ["device", "major", "minor", "model", "path", "revision"],
        "What a disk is, by what udev knows of it; never a serial number.";
    NODE_DMI_INFO = Info "node_dmi_info" by [
        "bios_date", "bios_release", "bios_vendor", "bios_version", "board_name", "board_vendor",
        "board_version", "chassis_vendor", "chassis_version", "product_family", "product_name",
        "product_sku", "product_version", "system_vendor"
    ],
        "What the host is by its firmware; never a serial number.";
    HEADROOM_DISK_INFO = Info "headroom_disk_info" by ["device", "kind", "mountpoint"],
        "A disk, what it is (ssd, hdd or virtual), and what is mounted from it.";

    NODE_TEXTFILE_SCRAPE_ERROR = Gauge "node_textfile_scrape_error",
        "1 if a text file could not be read or understood, 0 if not.";
    NODE_TEXTFILE_MTIME_SECONDS = Gauge "node_textfile_mtime_seconds" in Seconds by ["file"],
        "When a text file was written, in Unix time.";
}
