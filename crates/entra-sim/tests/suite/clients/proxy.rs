//! A proxy that leads every host to one port of this machine.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// Starts it and gives back its port; it ends with the runtime.
pub(super) async fn start(target: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // A client that leaves early is its own affair.
                let _ = lead(stream, target).await;
            });
        }
    });
    port
}

async fn lead(stream: TcpStream, target: u16) -> std::io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut line = String::new();
    client.read_line(&mut line).await?;
    assert!(line.starts_with("CONNECT "), "{line}");
    while line.trim() != "" {
        line.clear();
        client.read_line(&mut line).await?;
    }
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let mut server = TcpStream::connect(("127.0.0.1", target)).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
