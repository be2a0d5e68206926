use ripsaw_remote::{RemoteSource, Secret, Vault};

#[test]
fn a_token_is_shown_nowhere() {
    let builder = RemoteSource::builder("http://localhost:1/?sig=hunter2").bearer_token("hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"));
    assert!(!format!("{:?}", builder.build().unwrap()).contains("hunter2"));
    let builder = Vault::builder("http://localhost:1/?sig=hunter2").token("hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"));
    assert!(!format!("{:?}", builder.build().unwrap()).contains("hunter2"));
    let with_password = "https://user:hunter2@localhost/";
    assert!(!format!("{:?}", RemoteSource::builder(with_password)).contains("hunter2"));
    assert!(!format!("{:?}", Vault::builder(with_password)).contains("hunter2"));
    let secret = Secret::from("hunter2");
    assert_eq!(format!("{secret:?} {:#?}", secret.clone()), "Secret(***) Secret(***)");
}
