//! The login of a user of SQL Server ([MS-TDS] 2.2.6.4).

/// TDS 7.4, and 8.0 where TLS comes first.
const VERSION_7_4: u32 = 0x7400_0004;
const VERSION_8_0: u32 = 0x0800_0000;

/// What comes before the texts.
const FIXED: usize = 94;

/// The initial database matters, and so does a failure to get it.
const DATABASE: u8 = 0x20 | 0x40;

const APPLICATION: &str = "health-probe";

/// Who logs in, and to what.
pub struct Login<'a> {
    pub user: &'a str,
    pub password: &'a str,
    pub database: &'a str,
}

impl Login<'_> {
    /// The message; the password in it is only made unreadable to the eye.
    pub fn message(&self, strict: bool) -> Vec<u8> {
        let application = utf16(APPLICATION);
        let masked: Vec<u8> = utf16(self.password).iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect();
        // Host, user, password, application, server, extension, library, language, database; ticket, file, new password.
        let (user, database) = (utf16(self.user), utf16(self.database));
        let texts: [&[u8]; 12] =
            [b"", &user, &masked, &application, b"", b"", &application, b"", &database, b"", b"", b""];
        let (mut table, mut data) = (Vec::new(), Vec::new());
        for (number, text) in texts.iter().enumerate() {
            if number == 9 {
                // The address of the network card, of which there need be none.
                table.extend([0; 6]);
            }
            table.extend(short(FIXED + data.len()));
            table.extend(short(text.len() / 2));
            data.extend_from_slice(text);
        }
        // The length of a long ticket.
        table.extend([0; 4]);
        let length = u32::try_from(FIXED + data.len()).unwrap_or_default();
        let version = if strict { VERSION_8_0 } else { VERSION_7_4 };
        // Length, version, the size of packets; then the program's version, process and connection.
        let numbers = [length, version, 4096, 0, 0, 0].into_iter().flat_map(u32::to_le_bytes);
        // Time zone and locale come after the flags.
        numbers.chain([DATABASE, 0, 0, 0]).chain([0; 8]).chain(table).chain(data).collect()
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// All texts of a check together are far below 64 KiB.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or_default().to_le_bytes()
}
