//! Interfaces, datagrams and packets, under node_exporter's names.

super::metrics! { NETWORK:
    NODE_NETWORK_RECEIVE_BYTES_TOTAL =
        Counter "node_network_receive_bytes_total" in Bytes by ["device"],
        "Bytes that an interface has received.";
    NODE_NETWORK_RECEIVE_PACKETS_TOTAL = Counter "node_network_receive_packets_total" by ["device"],
        "Packets that an interface has received.";
    NODE_NETWORK_RECEIVE_ERRS_TOTAL = Counter "node_network_receive_errs_total" by ["device"],
        "Packets that came in damaged.";
    NODE_NETWORK_RECEIVE_DROP_TOTAL = Counter "node_network_receive_drop_total" by ["device"],
        "Packets that came in and found no room.";
    NODE_NETWORK_RECEIVE_FIFO_TOTAL = Counter "node_network_receive_fifo_total" by ["device"],
        "Packets that came in faster than the interface could store them.";
    NODE_NETWORK_RECEIVE_FRAME_TOTAL = Counter "node_network_receive_frame_total" by ["device"],
        "Packets that came in with a wrong length or alignment.";
    NODE_NETWORK_RECEIVE_COMPRESSED_TOTAL =
        Counter "node_network_receive_compressed_total" by ["device"],
        "Compressed packets that an interface has received.";
    NODE_NETWORK_RECEIVE_MULTICAST_TOTAL =
        Counter "node_network_receive_multicast_total" by ["device"],
        "Packets to several receivers that an interface has received.";
    NODE_NETWORK_TRANSMIT_BYTES_TOTAL =
        Counter "node_network_transmit_bytes_total" in Bytes by ["device"],
        "Bytes that an interface has sent.";
    NODE_NETWORK_TRANSMIT_PACKETS_TOTAL =
        Counter "node_network_transmit_packets_total" by ["device"],
        "Packets that an interface has sent.";
    NODE_NETWORK_TRANSMIT_ERRS_TOTAL = Counter "node_network_transmit_errs_total" by ["device"],
        "Packets that an interface failed to send.";
    NODE_NETWORK_TRANSMIT_DROP_TOTAL = Counter "node_network_transmit_drop_total" by ["device"],
        "Packets that were to be sent and found no room.";
    NODE_NETWORK_TRANSMIT_FIFO_TOTAL = Counter "node_network_transmit_fifo_total" by ["device"],
        "Packets that the interface was not given fast enough to send.";
    NODE_NETWORK_TRANSMIT_COLLS_TOTAL = Counter "node_network_transmit_colls_total" by ["device"],
        "Packets that collided with others on the wire.";
    NODE_NETWORK_TRANSMIT_CARRIER_TOTAL =
        Counter "node_network_transmit_carrier_total" by ["device"],
        "Packets that were not sent since the link was lost.";
    NODE_NETWORK_TRANSMIT_COMPRESSED_TOTAL =
        Counter "node_network_transmit_compressed_total" by ["device"],
        "Compressed packets that an interface has sent.";
    NODE_NETWORK_UP = Gauge "node_network_up" by ["device"],
        "1 if an interface can be used, 0 if not.";
    NODE_NETWORK_SPEED_BYTES = Gauge "node_network_speed_bytes" in Bytes by ["device"],
        "Speed of a link in bytes per second, in either direction.";
    HEADROOM_NETWORK_DEVICE_SPEED_BYTES =
        Gauge "headroom_network_device_speed_bytes" in Bytes by ["device"],
        "Speed of a link in bytes per second as the kernel tells it, whatever the operator says of the link.";
    NODE_NETWORK_MTU_BYTES = Gauge "node_network_mtu_bytes" in Bytes by ["device"],
        "The largest packet that an interface takes.";
    NODE_NETWORK_CARRIER = Gauge "node_network_carrier" by ["device"],
        "1 if an interface sees another end of its link, 0 if not.";
    NODE_NETWORK_CARRIER_CHANGES_TOTAL = Counter "node_network_carrier_changes_total" by ["device"],
        "How often a link has come or gone.";
    NODE_NETWORK_INFO = Info "node_network_info"
        by ["address", "broadcast", "device", "duplex", "ifalias", "kind", "operstate"],
        "What an interface is; its label kind tells physical links from virtual ones.";

    NODE_NETSTAT_UDP_INDATAGRAMS = Counter "node_netstat_Udp_InDatagrams",
        "Datagrams over IPv4 that programs have received.";
    NODE_NETSTAT_UDP_INERRORS = Counter "node_netstat_Udp_InErrors",
        "Datagrams over IPv4 that came in and could not be handed on.";
    NODE_NETSTAT_UDP_NOPORTS = Counter "node_netstat_Udp_NoPorts",
        "Datagrams over IPv4 to ports at which nobody listens.";
    NODE_NETSTAT_UDP_OUTDATAGRAMS = Counter "node_netstat_Udp_OutDatagrams",
        "Datagrams over IPv4 that programs have sent.";
    NODE_NETSTAT_UDP_RCVBUFERRORS = Counter "node_netstat_Udp_RcvbufErrors",
        "Datagrams over IPv4 that were lost since a program did not read them in time.";
    NODE_NETSTAT_UDP_SNDBUFERRORS = Counter "node_netstat_Udp_SndbufErrors",
        "Datagrams over IPv4 that were lost since they could not be sent in time.";
    NODE_NETSTAT_UDP6_INDATAGRAMS = Counter "node_netstat_Udp6_InDatagrams",
        "Datagrams over IPv6 that programs have received.";
    NODE_NETSTAT_UDP6_INERRORS = Counter "node_netstat_Udp6_InErrors",
        "Datagrams over IPv6 that came in and could not be handed on.";
    NODE_NETSTAT_UDP6_NOPORTS = Counter "node_netstat_Udp6_NoPorts",
        "Datagrams over IPv6 to ports at which nobody listens.";
    NODE_NETSTAT_UDP6_OUTDATAGRAMS = Counter "node_netstat_Udp6_OutDatagrams",
        "Datagrams over IPv6 that programs have sent.";
    NODE_NETSTAT_UDP6_RCVBUFERRORS = Counter "node_netstat_Udp6_RcvbufErrors",
        "Datagrams over IPv6 that were lost since a program did not read them in time.";
    NODE_NETSTAT_UDP6_SNDBUFERRORS = Counter "node_netstat_Udp6_SndbufErrors",
        "Datagrams over IPv6 that were lost since they could not be sent in time.";
    NODE_SOFTNET_DROPPED_TOTAL = Counter "node_softnet_dropped_total" by ["cpu"],
        "Packets that a core dropped since too many waited for it.";
    NODE_SOFTNET_TIMES_SQUEEZED_TOTAL = Counter "node_softnet_times_squeezed_total" by ["cpu"],
        "How often a core left packets waiting since its turn was over.";
}
