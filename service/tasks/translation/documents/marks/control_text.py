"""Texts that spell control tokens of chat templates, whatever model translates them: they are kept like placeholders.

The forms are those of the tokenizers on the hub: `<|im_end|>`, `<｜User｜>`, `<end_of_turn>`, `<turn|>`, `[|user|]`,
`[/INST]`, `<<SYS>>`, `[UNUSED_TOKEN_145]`, `<0x0A>`. So are single tags that a text shows rather than has, such as
`&lt;b&gt;` in HTML.
"""

CONTROL_TEXT = r"""
    <(?P<bar>[|｜])[^<>\n|｜]{1,64}+(?:(?P=bar)>|>) | </?[a-zA-Z0-9_][\w:.-]{0,63}+[|｜]?\s?/?>
  | <</?[A-Z]{1,32}+>> | <\|"\|> | \[\|/?[^\[\]|\n]{1,64}+\|\]
  | \[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)|ARGS|CALL_ID|THINK|IMG(?:_BREAK|_END)?
      |PREFIX|SUFFIX|MIDDLE|CLS|SEP|MASK|PAD|UNK|BOS|EOS|[gs]MASK|control_\d++|(?:UNUSED_TOKEN_|unused)\d++|multimodal)\]
"""
