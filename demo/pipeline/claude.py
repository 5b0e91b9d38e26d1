"""The answerer that is used when ANTHROPIC_API_KEY is set."""

import os

MODEL = "claude-haiku-4-5"


def ask_claude(system: str, prompt: str) -> tuple[str, dict[str, int], str]:
    """(text, tokens, model); ANTHROPIC_BASE_URL is honoured by the client itself."""
    import anthropic

    model = os.environ.get("DEMO_MODEL", MODEL)
    message = anthropic.Anthropic(timeout=20.0, max_retries=1).messages.create(
        model=model, max_tokens=600, system=system, messages=[{"role": "user", "content": prompt}]
    )
    text = "".join(block.text for block in message.content if block.type == "text")
    text = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    return text, {"input": message.usage.input_tokens, "output": message.usage.output_tokens}, message.model
