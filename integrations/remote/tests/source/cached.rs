use crate::server::{Reply, Server};
use crate::source;
use crate::support::{Engine, scratch, until};
use ripsaw_remote::{Cause, Origin};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

#[test]
fn inv_026_a_start_without_the_network_takes_the_last_good() {
    let path = scratch("cache.toml");
    let server = Server::alone(3, None, Reply::ok("level = 'warn'"));
    let (address, url) = (server.address(), server.url("/"));
    let of = || source(&url).cache(&path).build().unwrap();
    of().load().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "level = 'warn'");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // What is followed is kept too, and what is wrong is not.
    let first = of();
    let engine = Engine::start(first.load().unwrap().document.builder());
    let follow = first.follow_with(&engine.handle(), engine.add()).unwrap();
    server.reply(Reply::ok("level = 'error'"));
    follow.poll_now();
    server.reply(Reply::ok("level = 'loud'"));
    follow.poll_now();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "level = 'error'");
    drop((follow, engine, server));
    // The process starts again.
    let again = of();
    let loaded = again.load().unwrap();
    let Origin::Cache(why) = &loaded.origin else { panic!("{:?}", loaded.origin) };
    assert!(matches!(why.cause(), Cause::Unreachable(_)), "{why}");
    let engine = Engine::start(loaded.document.builder());
    assert_eq!(engine.levels(), "error");
    // It asks at once, and tells that there is no server.
    let follow = again.follow_with(&engine.handle(), engine.add()).unwrap();
    until("the failure", || engine.told("source failed") == 1);
    let server = Server::at(address, None, Reply::ok("level = 'info'"));
    assert_eq!((follow.poll_now().changes, engine.levels().as_str()), (1, "info"));
    assert_eq!(engine.told("source recovered"), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "level = 'info'");
    let folder = path.parent().unwrap();
    let left = std::fs::read_dir(folder).unwrap();
    let left = left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains(".new"));
    assert_eq!(left.count(), 0);
    drop(server);
}

#[test]
fn inv_026_a_wrong_document_does_not_hinder_a_start() {
    let path = scratch("wrong.toml");
    std::fs::write(&path, "level = 'warn'").unwrap();
    let server = Server::start(Reply::ok("level = 'loud'"));
    let source = source(&server.url("/")).cache(&path).build().unwrap();
    let loaded = source.load().unwrap();
    let Origin::Cache(why) = loaded.origin else { panic!("{:?}", loaded.origin) };
    assert!(why.to_string().contains("1:9: level = \"loud\""), "{why}");
    // With a cache that is wrong too there is nothing.
    for text in ["level = 'quiet'", "\u{0}"] {
        std::fs::write(&path, text).unwrap();
        let error = source.load().unwrap_err();
        assert!(matches!(error.cause(), Cause::Refused(_)), "{error}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_told_once() {
    let folder = scratch("absent");
    let server = Server::start(Reply::ok("level = 'info'"));
    let source = source(&server.url("/")).cache(folder.join("cache.toml")).build().unwrap();
    let engine = Engine::start(source.load().unwrap().document.builder());
    let follow = source.follow_with(&engine.handle(), engine.add()).unwrap();
    for level in ["debug", "info"] {
        server.reply(Reply::ok(&format!("level = '{level}'")));
        let status = follow.poll_now();
        assert!(status.cache_error.is_some() && status.error.is_none(), "{status:?}");
        assert_eq!(engine.levels(), level);
    }
    assert_eq!(engine.told("configuration cache failed"), 1);
    std::fs::create_dir(&folder).unwrap();
    assert!(follow.poll_now().cache_error.is_none());
    assert_eq!(std::fs::read_to_string(folder.join("cache.toml")).unwrap(), "level = 'info'");
}

/// Also one that somebody has put there, with what the server has.
#[test]
fn a_cache_that_others_could_read_is_replaced() {
    let path = scratch("open.toml");
    std::fs::write(&path, "level = 'warn'").unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let server = Server::start(Reply::ok("level = 'warn'"));
    source(&server.url("/")).cache(&path).build().unwrap().load().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
