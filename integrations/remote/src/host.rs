//! Which hosts are this machine.

use std::net::IpAddr;

/// Whether a host is this machine, by its name or address (without brackets).
pub(crate) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
