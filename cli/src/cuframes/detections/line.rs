//! A line for people.

use frame_lending::message::{Detection, DetectionMessage, Status};

/// What was found in one frame.
pub fn of(message: &DetectionMessage) -> String {
    let DetectionMessage {
        stream_id,
        sequence,
        width,
        height,
        model_name,
        ..
    } = message;
    let found = match (&message.status, &message.error) {
        (Status::Error, Some(error)) => format!("error {}: {}", error.code, error.message),
        (Status::Error, None) => "error".to_owned(),
        (Status::Other(status), _) => status.clone(),
        (Status::Success, _) => all(&message.detections),
    };
    // A consumer may say any time; the difference of two is still a number.
    let took = message.timestamp.saturating_sub(message.frame_timestamp) as f64 / 1e6;
    let text =
        format!("{stream_id} {sequence} {width}x{height} {took:.1} ms {model_name}: {found}");
    visible(&text) + "\n"
}

fn all(detections: &[Detection]) -> String {
    let texts: Vec<String> = detections.iter().map(one).collect();
    match texts.is_empty() {
        true => "nothing".to_owned(),
        false => texts.join("; "),
    }
}

fn one(detection: &Detection) -> String {
    let Detection {
        class_name,
        confidence,
        bbox,
        ..
    } = detection;
    format!(
        "{class_name} {confidence:.2} at {},{} {}x{}",
        tenth(bbox.x),
        tenth(bbox.y),
        tenth(bbox.width),
        tenth(bbox.height)
    )
}

/// To a tenth of a pixel, and a whole number without its decimal.
fn tenth(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Names come from other processes, and a terminal obeys what it cannot show.
fn visible(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter.is_control() {
            true => shown.extend(letter.escape_default()),
            false => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    use frame_lending::message::{Bbox, ErrorInfo, VERSION};

    fn message() -> DetectionMessage {
        DetectionMessage {
            v: VERSION,
            stream_id: "cam1".to_owned(),
            sequence: 12,
            width: 638,
            height: 358,
            frame_timestamp: 1_737_072_000_000_000_000,
            timestamp: 1_737_072_000_016_210_000,
            inference_time: 15_000_000,
            status: Status::Success,
            model_name: "squares.onnx".to_owned(),
            detections: Vec::new(),
            error: None,
            consumer: "c".to_owned(),
            lost: 0,
        }
    }

    fn found(class: &str) -> Detection {
        Detection {
            class_id: 0,
            class_name: class.to_owned(),
            confidence: 0.954,
            bbox: Bbox {
                x: -3.0,
                y: 200.25,
                width: 50.0,
                height: 10.06,
            },
            more: serde_json::Map::new(),
        }
    }

    #[test]
    fn what_was_found_and_where() {
        assert_eq!(
            of(&message()),
            "cam1 12 638x358 16.2 ms squares.onnx: nothing\n"
        );
        let two = DetectionMessage {
            detections: vec![found("red"), found("blue")],
            ..message()
        };
        assert_eq!(
            of(&two),
            "cam1 12 638x358 16.2 ms squares.onnx: red 0.95 at -3,200.2 50x10.1; \
             blue 0.95 at -3,200.2 50x10.1\n"
        );
    }

    #[test]
    fn what_went_wrong() {
        let status = |status: Status, error: Option<ErrorInfo>| {
            let message = DetectionMessage {
                status,
                error,
                ..message()
            };
            of(&message)
        };
        let error = ErrorInfo {
            code: "map".to_owned(),
            message: "no memory".to_owned(),
        };
        assert!(status(Status::Error, Some(error)).ends_with(": error map: no memory\n"));
        assert!(status(Status::Error, None).ends_with(": error\n"));
        assert!(status(Status::Other("busy".to_owned()), None).ends_with(": busy\n"));
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        let message = DetectionMessage {
            detections: vec![found("\u{1b}[2Jred\n")],
            frame_timestamp: i64::MIN,
            timestamp: i64::MAX,
            ..message()
        };
        let line = of(&message);
        assert!(line.contains("\\u{1b}[2Jred\\n 0.95"), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
    }
}
