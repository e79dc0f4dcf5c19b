//! Disks and file systems, under node_exporter's names.

super::metrics! { DISKS:
    NODE_DISK_READS_COMPLETED_TOTAL = Counter "node_disk_reads_completed_total" by ["device"],
        "Reads that a disk has done.";
    NODE_DISK_READS_MERGED_TOTAL = Counter "node_disk_reads_merged_total" by ["device"],
        "Reads that became part of a neighbouring one before a disk did them.";
    NODE_DISK_READ_BYTES_TOTAL = Counter "node_disk_read_bytes_total" in Bytes by ["device"],
        "Bytes read from a disk.";
    NODE_DISK_READ_TIME_SECONDS_TOTAL =
        Counter "node_disk_read_time_seconds_total" in Seconds by ["device"],
        "Time that reads from a disk took, added up.";
    NODE_DISK_WRITES_COMPLETED_TOTAL = Counter "node_disk_writes_completed_total" by ["device"],
        "Writes that a disk has done.";
    NODE_DISK_WRITES_MERGED_TOTAL = Counter "node_disk_writes_merged_total" by ["device"],
        "Writes that became part of a neighbouring one before a disk did them.";
    NODE_DISK_WRITTEN_BYTES_TOTAL = Counter "node_disk_written_bytes_total" in Bytes by ["device"],
        "Bytes written to a disk.";
    NODE_DISK_WRITE_TIME_SECONDS_TOTAL =
        Counter "node_disk_write_time_seconds_total" in Seconds by ["device"],
        "Time that writes to a disk took, added up.";
    NODE_DISK_IO_NOW = Gauge "node_disk_io_now" by ["device"],
        "Reads and writes that a disk is busy with now.";
    NODE_DISK_IO_TIME_SECONDS_TOTAL =
        Counter "node_disk_io_time_seconds_total" in Seconds by ["device"],
        "Time in which a disk was busy.";
    NODE_DISK_IO_TIME_WEIGHTED_SECONDS_TOTAL =
        Counter "node_disk_io_time_weighted_seconds_total" in Seconds by ["device"],
        "Time in which a disk was busy, times what it was busy with.";
    NODE_DISK_DISCARDS_COMPLETED_TOTAL = Counter "node_disk_discards_completed_total" by ["device"],
        "Discards of unused blocks that a disk has done.";
    NODE_DISK_DISCARDS_MERGED_TOTAL = Counter "node_disk_discards_merged_total" by ["device"],
        "Discards that became part of a neighbouring one before a disk did them.";
    NODE_DISK_DISCARDED_SECTORS_TOTAL = Counter "node_disk_discarded_sectors_total" by ["device"],
        "Sectors of 512 bytes that a disk has discarded.";
    NODE_DISK_DISCARD_TIME_SECONDS_TOTAL =
        Counter "node_disk_discard_time_seconds_total" in Seconds by ["device"],
        "Time that discards took, added up.";
    NODE_DISK_FLUSH_REQUESTS_TOTAL = Counter "node_disk_flush_requests_total" by ["device"],
        "How often a disk has made durable what it had been given.";
    NODE_DISK_FLUSH_REQUESTS_TIME_SECONDS_TOTAL =
        Counter "node_disk_flush_requests_time_seconds_total" in Seconds by ["device"],
        "Time that this took, added up.";

    NODE_FILESYSTEM_SIZE_BYTES =
        Gauge "node_filesystem_size_bytes" in Bytes by ["device", "fstype", "mountpoint"],
        "Size of a file system.";
    NODE_FILESYSTEM_FREE_BYTES =
        Gauge "node_filesystem_free_bytes" in Bytes by ["device", "fstype", "mountpoint"],
        "Free space of a file system, with what is reserved for root.";
    NODE_FILESYSTEM_AVAIL_BYTES =
        Gauge "node_filesystem_avail_bytes" in Bytes by ["device", "fstype", "mountpoint"],
        "Free space of a file system that anybody may use.";
    NODE_FILESYSTEM_FILES = Gauge "node_filesystem_files" by ["device", "fstype", "mountpoint"],
        "Files and folders that a file system has room for, its inodes.";
    NODE_FILESYSTEM_FILES_FREE =
        Gauge "node_filesystem_files_free" by ["device", "fstype", "mountpoint"],
        "Files and folders that a file system still has room for.";
    NODE_FILESYSTEM_READONLY =
        Gauge "node_filesystem_readonly" by ["device", "fstype", "mountpoint"],
        "1 if a file system cannot be written to, 0 if it can.";
    NODE_FILESYSTEM_DEVICE_ERROR =
        Gauge "node_filesystem_device_error" by ["device", "fstype", "mountpoint"],
        "1 if a file system did not answer, 0 if it did.";
}
