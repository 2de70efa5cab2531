"""Texts with several solved questions each: the examples of an extraction's prompt in Chinese.

The answers of one text are of many kinds, and most kinds occur in it more than once. So the examples show that the
question decides which of them is meant, which one question about a short text cannot show.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SolvedText:
    """A text, and pairs of a question about it and the answer, in words of the text. Empty: the text has no answer."""

    text: str
    questions: tuple[tuple[str, str], ...]


CHINESE = (
    SolvedText(
        "青石镇位于白河上游，海拔约1,200米，面积380平方公里。2015年全镇有居民46,000人，其中约三分之一以种茶为生。镇上最早的茶厂由商人"
        "林致远于1923年创办，1956年并入国营农场。1987年，工程师周敏主持修建了白河水库，水库为下游十二个村庄供水。2003年的一场洪水冲毁了"
        "旧石桥，次年县政府出资800万元建造了新桥，设计者是来自武汉的建筑师何雨。",
        (
            ("青石镇最早的茶厂是谁创办的？", "林致远"),
            ("白河水库为多少个村庄供水？", "十二个"),
            ("什么冲毁了旧石桥？", "2003年的一场洪水"),
            ("青石镇的镇长是谁？", ""),
            ("县政府为新桥出资多少？", "800万元"),
            ("新桥的设计者来自哪里？", "武汉"),
        ),
    ),
    SolvedText(
        "雪鸮是一种大型猫头鹰，主要生活在北极圈附近的苔原。与多数猫头鹰不同，它在白天也捕猎，主要食物是旅鼠；旅鼠减少时，它会向南迁移，并改吃"
        "野兔和水鸟。雌鸟在地面的浅坑里产卵，每窝通常五到十一枚，由雌鸟独自孵化，雄鸟负责带回食物。由于气候变暖，苔原面积缩小，国际自然保护联盟"
        "在2017年把雪鸮列为易危物种。",
        (
            ("雪鸮主要吃什么？", "旅鼠"),
            ("谁负责孵化雪鸮的卵？", "雌鸟"),
            ("旅鼠减少时雪鸮会怎么做？", "向南迁移，并改吃野兔和水鸟"),
            ("雪鸮的寿命有多长？", ""),
            ("为什么雪鸮被列为易危物种？", "气候变暖，苔原面积缩小"),
            ("哪个组织把雪鸮列为易危物种？", "国际自然保护联盟"),
        ),
    ),
)
