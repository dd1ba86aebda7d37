//! The commands about formats.

use serde_json::{Value, json};
use vizion::control::Answer;
use vizion::{PixelFormat, VideoFormat};

use crate::streamer::{Code, Refusal, Streamer};

use super::{Call, Done};

pub fn get(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let wanted = call.params.text_if_any("format")?.map(pixels).transpose()?;
    let paging = Paging {
        offset: call.params.number_if_any("offset")?,
        limit: call.params.number_if_any("limit")?,
    };
    let mut formats = streamer.formats()?;
    formats.retain(|one| wanted.is_none_or(|wanted| one.format == wanted));
    Ok(answer(&formats, paging, call.room))
}

pub fn set(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let format = VideoFormat {
        width: call.params.number("width")?,
        height: call.params.number("height")?,
        framerate: call.params.number("framerate")?,
        format: pixels(call.params.text("format")?)?,
    };
    streamer.set_format(format)?;
    Ok(Answer::success("Format set successfully"))
}

fn pixels(name: &str) -> Result<PixelFormat, Refusal> {
    let known = name.parse();
    known.map_err(|error: vizion::UnknownFormat| Refusal::new(Code::Invalid, error.to_string()))
}

/// Which part of the formats is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Paging {
    offset: Option<usize>,
    limit: Option<usize>,
}

/// As many of the formats as were asked for and fit. Whoever did not ask for a part, and gets all,
/// need not know that there are parts.
fn answer(formats: &[VideoFormat], paging: Paging, room: usize) -> Answer {
    let total = formats.len();
    let asked = paging.offset.is_some() || paging.limit.is_some();
    let frame = Answer::data().with("formats", json!([]));
    if !asked {
        let (page, _) = fitting(formats, room.saturating_sub(frame.to_line().len()));
        if page.len() == total {
            return Answer::data().with("formats", page);
        }
    }
    let offset = paging.offset.unwrap_or(0).min(total);
    let limit = paging.limit.unwrap_or(total).min(total - offset);
    let frame = frame.with("more", false).with("total", total);
    let wanted = formats.get(offset..offset + limit).unwrap_or_default();
    let (page, taken) = fitting(wanted, room.saturating_sub(frame.to_line().len()));
    let answer = Answer::data().with("formats", page);
    answer
        .with("more", offset + taken < total)
        .with("total", total)
}

/// The first formats that have room, and their number.
fn fitting(formats: &[VideoFormat], room: usize) -> (Vec<Value>, usize) {
    let mut left = room;
    let mut page = Vec::new();
    for format in formats {
        let one = json!(format);
        let Some(rest) = left.checked_sub(one.to_string().len()) else {
            break;
        };
        page.push(one);
        // The comma before the next one.
        left = rest.saturating_sub(1);
    }
    let taken = page.len();
    (page, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vizion::control::MAX_ANSWER;

    fn many(count: u32) -> Vec<VideoFormat> {
        let sizes = 1..=count;
        sizes
            .map(|number| VideoFormat {
                width: 1000 + number,
                height: 1080,
                framerate: 30,
                format: PixelFormat::Yuy2,
            })
            .collect()
    }

    fn widths(answer: &Answer) -> Vec<u64> {
        let formats = answer.get("formats").and_then(Value::as_array);
        let formats = formats.expect("formats").iter();
        let width = |format: &Value| format.get("width").and_then(Value::as_u64);
        formats
            .map(|format| width(format).expect("a width"))
            .collect()
    }

    #[test]
    fn what_fits_is_answered_whole_and_without_a_word_of_pages() {
        let answer = answer(&many(1), Paging::default(), MAX_ANSWER);
        let wanted = concat!(
            r#"{"status":"success","formats":"#,
            r#"[{"width":1001,"height":1080,"framerate":30,"format":"YUY2"}]}"#,
            "\n"
        );
        assert_eq!(answer.to_line(), wanted);
    }

    #[test]
    fn pages_are_full_and_together_all_there_is() {
        let formats = many(200);
        for (room, needed) in [(MAX_ANSWER, 3), (MAX_ANSWER - 270, 4)] {
            let (mut came, mut pages) = (Vec::new(), 0);
            loop {
                let paging = match came.len() {
                    0 => Paging::default(),
                    offset => Paging {
                        offset: Some(offset),
                        limit: None,
                    },
                };
                let page = answer(&formats, paging, room);
                let length = page.to_line().len();
                came.extend(widths(&page));
                pages += 1;
                assert_eq!(page.get("total"), Some(&Value::from(200)));
                if page.get("more") == Some(&Value::from(false)) {
                    break;
                }
                // Another format would not have fitted.
                assert!((room - 60..=room).contains(&length), "{length} of {room}");
            }
            let all: Vec<u64> = (1001..=1200).collect();
            assert_eq!((came, pages), (all, needed));
        }
    }

    #[test]
    fn the_longest_list_without_pages_is_as_long_as_can_be() {
        let whole = |count| answer(&many(count), Paging::default(), MAX_ANSWER);
        let longest = (1..100).take_while(|&count| whole(count).get("more").is_none());
        let longest = longest.last().expect("some fit");
        let length = whole(longest).to_line().len();
        assert!((MAX_ANSWER - 60..=MAX_ANSWER).contains(&length), "{length}");
        assert_eq!(longest, 67);
    }

    #[test]
    fn a_part_can_be_asked_for() {
        let formats = many(5);
        let part = |offset, limit| {
            let page = answer(&formats, Paging { offset, limit }, MAX_ANSWER);
            let more = page.get("more").and_then(Value::as_bool);
            (widths(&page), more.expect("more"))
        };
        assert_eq!(part(Some(1), Some(2)), (vec![1002, 1003], true));
        assert_eq!(part(Some(3), None), (vec![1004, 1005], false));
        assert_eq!(part(None, Some(9)), ((1001..=1005).collect(), false));
        assert_eq!(part(Some(usize::MAX), Some(usize::MAX)), (vec![], false));
        assert_eq!(part(Some(0), Some(0)), (vec![], true));
    }
}
