import gzip, os
line = b'{"type":"track","event":"A","userId":"u","messageId":"%d","timestamp":"2026-01-01T00:00:00Z"}\n'
os.mkdir("data")
def put(name, data):
    open("data/" + name, "wb").write(data)
many = b"".join(line % i for i in range(2000))
put("a_good.jsonl", line % 1)
put("b_empty.jsonl", b"")
put("c_empty.gz", gzip.compress(b"", mtime=0))
half = gzip.compress(many, mtime=0)
put("d_half.gz", half[:len(half) // 2])
packed = bytearray(gzip.compress(many, mtime=0))
packed[-6] ^= 255
put("e_damaged.gz", bytes(packed))
put("f_workbook.xlsx", b"PK\3\4" + bytes(range(256)) * 4)
put("g_noise.bin", bytes(range(256)) * 8192)
put("h_blanks.jsonl", b"\n \r\n\n")
put("i_no_line_break.jsonl", (line % 2)[:-1])
put("j_utf16.jsonl", "\ufeff".encode("utf-16-le") + (line % 3).decode().encode("utf-16-le"))
put("k_half_a_zstd.zst", bytes.fromhex("28b52ffd04"))
