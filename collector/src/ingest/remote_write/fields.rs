//! Protobuf, read in place: the fields of a message become slices of it. No I/O.

/// What cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A number or a length goes beyond the end.
    #[error("it ends within a field")]
    Short,
    /// A field of a kind that does not exist.
    #[error("a field has no valid wire type")]
    WireType,
    /// A field that is known comes in another form: what it says would else be passed over, or be zero.
    #[error("a field has another form than it should")]
    Form,
    /// Fields that only another version of the request has.
    #[error("it has the fields of another version, which the content type has to name")]
    OtherVersion,
}

/// The value of a field, of which the wire tells no more than its form.
#[derive(Debug, Clone, Copy)]
pub enum Value<'r> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'r [u8]),
    Fixed32,
}

/// The fields of a message: number and value.
pub struct Fields<'r>(pub &'r [u8]);

impl<'r> Iterator for Fields<'r> {
    type Item = Result<(u64, Value<'r>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'r> Fields<'r> {
    fn field(&mut self) -> Result<(u64, Value<'r>), Malformed> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Malformed::Short)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Malformed::Short)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => {
                self.fixed::<4>()?;
                Value::Fixed32
            }
            _ => return Err(Malformed::WireType),
        };
        Ok((tag >> 3, value))
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Malformed::Short)?;
        self.0 = rest;
        Ok(*bytes)
    }

    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Malformed::Short)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed::Short)
    }
}
