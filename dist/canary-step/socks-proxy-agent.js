"use strict";exports.id=843,exports.ids=[843],exports.modules={5843:((D,E,_)=>{_.d(E,{SocksProxyAgent:()=>s.x3});var s=_(6080),P=_(1099),d=_(869),M=_(5330),O=_(4139),a=_(4434);(0,s.UD)()})};
