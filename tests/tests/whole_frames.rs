//! Eight readers of every kind at 120 frames a second, and nobody counts differently.

use cuframes_tests::{Line, Own, Peer, Scene, count};

const FPS: u64 = 120;

/// A reader and what the test counted of it.
struct Reader {
    name: String,
    peer: Peer,
    own: Own,
}

impl Reader {
    fn start(scene: &Scene, name: &str, options: &[&str]) -> Self {
        let name_option = format!("name={name}");
        let options = [options, &[name_option.as_str(), "run=1"]].concat();
        Reader {
            name: name.to_owned(),
            peer: scene.subscriber(&options),
            own: Own::default(),
        }
    }

    fn is_strict(&self) -> bool {
        self.name.starts_with("strict")
    }

    /// Reads its lines up to the frame `last`, or one after it.
    fn read_to(&mut self, last: u64) {
        while self.own.last < last {
            let frame = self.peer.expect("FRAME");
            self.own.count(&frame);
        }
    }
}

#[test]
fn eight_subscribers_count_what_the_publisher_counts() {
    let frames = count(FPS * 50);
    let scene = Scene::new();
    let options = ["policy=strict", "strict_timeout=9000"];
    let mut publisher = scene.publisher(&options);
    let strict = |name| Reader::start(&scene, name, &["mode=strict"]);
    let names = ["strict1", "strict2", "strict3", "strict4"];
    let mut readers: Vec<_> = names.into_iter().map(strict).collect();
    let slow = |name| Reader::start(&scene, name, &["slow=50"]);
    readers.extend(["slow1", "slow2"].map(slow));
    let mut victims = ["victim1", "victim2"].map(strict);
    publisher.ask("wait 8", "JOINED");

    publisher.tell(&format!("publish {frames} {FPS}"));
    for (number, victim) in victims.iter_mut().enumerate() {
        victim.read_to(frames / 2 + number as u64 * 10);
        assert_eq!(victim.own.missed, 0);
    }
    for victim in victims {
        // What it still says was whole up to its death.
        let mut own = victim.own;
        let rest = victim.peer.kill();
        rest.iter().for_each(|frame| own.count(frame));
        assert_eq!((own.received, own.missed), (own.last, 0));
    }
    // Every line is a sign of life: also a long run is watched closely.
    let strict = readers.iter_mut().filter(|reader| reader.is_strict());
    strict.for_each(|reader| reader.read_to(frames));
    let published = publisher.expect("PUBLISHED");
    assert_eq!(published.get::<u64>("last"), frames);
    assert_eq!(published.get::<u64>("dropped"), 0);

    // The newest frame reaches everyone, also those who miss some on the way.
    readers.iter_mut().for_each(|reader| reader.read_to(frames));
    let mut rows = Vec::new();
    publisher.tell("stats");
    let stats = publisher.until("STATS", |row| rows.push(row.clone()));
    assert_eq!(stats.get::<u64>("published"), frames);
    assert_eq!(stats.get::<u64>("dropped"), 0);
    assert_eq!(stats.get::<u64>("evicted"), 0);
    assert_eq!(rows.len(), readers.len());
    for reader in &mut readers {
        let told = reader.peer.ask("stats", "STATS");
        assert_eq!(reader.own.compare(&told), Ok(()), "{}", reader.name);
        let row = row_of(&rows, &reader.name);
        assert_eq!(reader.own.compare(row), Ok(()), "{}", reader.name);
        assert_eq!(row.get::<u32>("held"), 0, "{row}");
        assert_eq!(
            reader.own.missed == 0,
            reader.is_strict(),
            "{}: {:?}",
            reader.name,
            reader.own
        );
        assert_eq!(
            reader.own.received + reader.own.missed,
            frames,
            "{}",
            reader.name
        );
        assert!(!row.is("lagging"), "{row}");
    }
    publisher.tell("finish");
    for mut reader in readers {
        let end = reader.peer.ask("run", "ERROR");
        assert_eq!(end.text("code"), Some("EndOfStream"), "{}", reader.name);
    }
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
}

/// The list of rows has exactly one for each name.
fn row_of<'a>(rows: &'a [Line], name: &str) -> &'a Line {
    let mut found = rows.iter().filter(|row| row.text("name") == Some(name));
    let row = found.next().expect("a row");
    assert_eq!(found.count(), 0, "{name} has one row");
    row
}

/// The checker must see what it is there to see.
#[test]
fn a_publisher_that_writes_to_a_published_frame_is_noticed() {
    let scene = Scene::new();
    let mut publisher = scene.publisher(&[]);
    let mut subscriber = scene.subscriber(&["mode=strict"]);
    publisher.ask("wait 1", "JOINED");
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(subscriber.ask("next 9000", "FRAME").is("whole"));
    publisher.tell("scribble");
    publisher.tell("publish 1 0");
    assert!(publisher.expect("SCRIBBLED").is("ok"));
    publisher.expect("PUBLISHED");
    assert!(!subscriber.ask("next 9000", "FRAME").is("whole"));
    publisher.ask("publish 1 0", "PUBLISHED");
    assert!(subscriber.ask("next 9000", "FRAME").is("whole"));
    assert!(publisher.wait().success());
}
