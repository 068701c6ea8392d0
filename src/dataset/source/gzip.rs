//! Files that may be compressed, told by what they hold.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, ErrorKind, Read};

/// The first bytes of a gzip file.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Most bytes that so many compressed ones hold: deflate makes at most 1,032 of one.
pub(super) fn most_held(compressed: u64) -> u64 {
    compressed.saturating_mul(1032)
}

/// Whether what follows is compressed by gzip.
pub(super) fn is_gzip(file: &mut impl BufRead) -> io::Result<bool> {
    Ok(file.fill_buf()?.starts_with(&MAGIC))
}

/// What the members of a gzip file hold, one after another; zeros behind the last are passed over, as tapes and some
/// archives leave them.
pub(super) struct Members<R: BufRead> {
    /// None at the end of the file.
    now: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub fn new(file: R) -> Self {
        let now = Some(GzDecoder::new(file));
        Self { now }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.now {
            match member.read(buffer)? {
                0 if !buffer.is_empty() => {}
                read => return Ok(read),
            }
            let Some(ended) = self.now.take() else { break };
            let mut file = ended.into_inner();
            if follows(&mut file)? {
                self.now = Some(GzDecoder::new(file));
            }
        }
        Ok(0)
    }
}

/// Whether another member follows, after zeros or not.
fn follows(file: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let there = file.fill_buf()?;
        if there.is_empty() {
            return Ok(false);
        }
        let zeros = there.iter().take_while(|&&byte| byte == 0).count();
        if zeros == there.len() {
            file.consume(zeros);
            continue;
        }
        if there[zeros] != MAGIC[0] {
            let what = "something else follows after the compressed data";
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        file.consume(zeros);
        return Ok(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn compressed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_are_joined_and_zeros_behind_them_are_none() {
        let read = |bytes: &[u8]| {
            let mut text = String::new();
            Members::new(bytes).read_to_string(&mut text).map(|_| text)
        };
        let (one, two) = (compressed("one "), compressed("two"));
        assert_eq!(
            read(&[one.clone(), two.clone()].concat()).unwrap(),
            "one two"
        );
        assert_eq!(
            read(&[one.clone(), vec![0; 5], two, vec![0; 512]].concat()).unwrap(),
            "one two"
        );
        assert!(read(&[one.clone(), b"more".to_vec()].concat()).is_err());
        assert!(read(&one[..one.len() - 3]).is_err());
    }
}
